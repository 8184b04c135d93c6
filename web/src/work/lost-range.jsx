// The range is somebody else's now, or nobody's: why, and what did not reach the server, for reading.

import { text, textOr } from '../texts/texts.js';

/** @param {{ range: import('./range.js').Range, reason: string, onNext: () => void }} props */
export function LostRange({ range, reason, onNext }) {
  const left = range.entries.filter((entry) => entry.own);
  return (
    <main id="main" class="calm">
      <h1>{text('lost.title')}</h1>
      <p role="alert">{textOr(`lost.${reason}`, 'lost.lapsed')}</p>
      <p>{text('lost.saved')}</p>
      {left.length > 0 && (
        <>
          <h2>{text('lost.drafts', { count: left.length })}</h2>
          <ul class="left">
            {left.map((entry) => (
              <li key={entry.item.index}>
                <details>
                  <summary>{range.lease.job.title} · {entry.item.index} · {text('figures.count', { count: entry.own?.figures.length ?? 0 })}</summary>
                  <pre>{JSON.stringify(entry.own, null, 1)}</pre>
                </details>
              </li>
            ))}
          </ul>
        </>
      )}
      <button type="button" class="main" onClick={onNext}>{text('lost.next')}</button>
    </main>
  );
}
