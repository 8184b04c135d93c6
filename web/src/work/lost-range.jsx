// The range is somebody else's now, or nobody's: why, and what did not reach the server, for reading.

import { focus } from '../shell/focus.js';
import { text, textOr } from '../texts/texts.js';
import { Sketch } from './sketch.jsx';

/** Figures that are named; the sketch shows all. */
const LISTED_MOST = 100;

/** @param {{ range: import('./range.js').Range, reason: string, onNext: () => void }} props */
export function LostRange({ range, reason, onNext }) {
  const left = range.entries.filter((entry) => entry.own);
  return (
    <main id="main" class="calm">
      <h1>{text('lost.title')}</h1>
      <p>{range.lease.job.title}</p>
      <p role="alert">{textOr(`lost.${reason}`, 'lost.lapsed')}</p>
      <p>{text('lost.saved')}</p>
      {left.length > 0 && (
        <>
          <h2>{text('lost.drafts', { count: left.length })}</h2>
          <ul class="left">
            {left.map((entry) => (
              <li key={entry.item.index}>
                <details>
                  <summary>{text('picture.label', { at: range.entries.indexOf(entry) + 1, count: range.count })} · {text('figures.count', { count: entry.own?.figures.length ?? 0 })}</summary>
                  <Sketch item={entry.item} figures={entry.own?.figures ?? []} classes={range.lease.job.classes} label={text('lost.sketch')} />
                  {entry.own?.skip && <p>{text('item.skipped', { reason: entry.own.skip.reason })}</p>}
                  {(entry.own?.tags ?? []).map((tag) => <p key={tag.name}>{[tag.name, tag.value].filter(Boolean).join(': ')}</p>)}
                  <ol>
                    {(entry.own?.figures ?? []).slice(0, LISTED_MOST).map((figure, at) => (
                      <li key={at}>{figure.class}, {text(`tool.${figure.shape}`)}</li>
                    ))}
                  </ol>
                </details>
              </li>
            ))}
          </ul>
        </>
      )}
      <button type="button" class="main" ref={focus} onClick={onNext}>{text('lost.next')} <kbd>Enter</kbd></button>
    </main>
  );
}
