// The submission at a glance: what it is, how far the review has come, and the way to its end.

import { KeyHint } from '../keys/key-hint.jsx';
import { LeaseTime } from '../lease/lease-time.jsx';
import { keepFocus } from '../shell/focus.js';
import { text } from '../texts/texts.js';

/**
 * @param {{ session: import('./session.js').Session, life: import('../lease/lease-life.js').LeaseLife | null,
 *   outbox: import('../outbox/outbox.js').Outbox, notice: string, bindings: import('../keys/bindings.js').Bindings }} props
 */
export function Header({ session, life, outbox, notice, bindings }) {
  const { submission } = session;
  const { lease, at, count, missing, rejected } = submission;
  const { number, round } = lease.assignment;
  const unsent = outbox.isOffline ? outbox.unsentOf(submission.id) : 0;
  return (
    <header class="range">
      <h1>{lease.job.title}</h1>
      <div class="progress">
        <p>
          <strong>{text('range.place', { at: at + 1, count })}</strong>
          {' · '}{text('review.decided', { done: count - missing.length, count })}
          {rejected > 0 && <>{' · '}{text('review.rejected', { count: rejected })}</>}
          {' · '}<span>{text('review.title', { number: number + 1 })}{round > 1 && <>{', '}{text('range.round', { round })}</>}</span>
        </p>
        <progress max={count} value={count - missing.length} aria-label={text('review.decided', { done: count - missing.length, count })} />
      </div>
      <div class="range-actions">
        {life && <LeaseTime life={life} kind="review_lease" />}
        <p role="status">
          {!life && text('review.handing_in')}
          {unsent > 0 && <span class="warning">{text('review.unsent', { count: unsent })}</span>}
          {notice && <span class="warning">{notice}</span>}
        </p>
        {missing.length > 0 ? (
          <button type="button" disabled={session.hasOpenMarks} onMouseDown={keepFocus} onClick={() => session.acceptRest()}>{text('review.accept_rest', { count: missing.length })} <KeyHint bindings={bindings} command="accept_rest" /></button>
        ) : (
          <button type="button" class="main" disabled={!life} onClick={() => session.handIn()}>{text('review.hand_in')}</button>
        )}
      </div>
    </header>
  );
}
