// The submission is somebody else's now, or nobody's: why, and which verdicts did not reach the server.

import { focus } from '../shell/focus.js';
import { why } from '../lease/reasons.js';
import { text, textOr } from '../texts/texts.js';
import { stateOf } from './submission.js';

/** @param {{ submission: import('./submission.js').Submission, reason: string, onNext: () => void }} props */
export function LostReview({ submission, reason, onNext }) {
  const left = submission.entries.flatMap((entry, at) => (entry.verdict && entry.verdict !== entry.saved ? [{ entry, at: at + 1 }] : []));
  return (
    <main id="main" class="calm">
      <h1>{text('review_lost.title')}</h1>
      <p role="alert">{textOr(`review_lost.${reason}`, 'review_lost.lapsed')}</p>
      {left.length > 0 && (
        <>
          <p>{text('review_lost.left', { count: left.length })}</p>
          <ul>
            {left.map(({ entry, at }) => (
              <li key={entry.item.index}>
                {text('review.item', { at, state: text(`review.state.${stateOf({ ...entry, refusal: '' })}`) })}
                {entry.verdict && why(submission.lease.job, entry.verdict) && ` – ${why(submission.lease.job, entry.verdict)}`}
              </li>
            ))}
          </ul>
        </>
      )}
      <button type="button" class="main" ref={focus} onClick={onNext}>{text('review_lost.next')} <kbd>Enter</kbd></button>
    </main>
  );
}
