// All items of the submission in small, with what was decided on each. Only those in sight are in the page.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { keepFocus } from '../shell/focus.js';
import { text } from '../texts/texts.js';
import { stateOf } from './submission.js';
import { Thumbnail } from './thumbnail.jsx';
import { Thumbnails } from './thumbnails.js';
import { ROW_PX, inSight, scrollTo } from './windowed.js';

/** A sign beside the colour, for those who do not tell colours apart. @type {Record<import('./submission.js').State, string>} */
const SIGNS = { open: '', accepted: '✓', rejected: '✗' };

/** @param {{ submission: import('./submission.js').Submission, onGo: (at: number) => void }} props */
export function Grid({ submission, onGo }) {
  const [thumbnails] = useState(() => new Thumbnails());
  const [seen, setSeen] = useState({ width: 0, height: 0, top: 0 });
  const attempt = useAttempts();
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => () => thumbnails.close(), [thumbnails]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => setSeen({ width: element.clientWidth, height: element.clientHeight, top: element.scrollTop });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    look();
    return () => observer.disconnect();
  }, []);

  const { entries, count, at } = submission;
  const { columns, rows, from, to } = inSight({ count, ...seen });
  useEffect(() => {
    if (box.current && seen.height > 0) box.current.scrollTop = scrollTo(at, columns, { height: seen.height, top: box.current.scrollTop });
  }, [at, columns, seen.height > 0]);
  return (
    <nav class="submission" aria-label={text('review.grid')} ref={box} onScroll={({ currentTarget: { scrollTop } }) => setSeen((old) => ({ ...old, top: scrollTop }))}>
      <ul style={{ height: `${rows * ROW_PX}px` }}>
        {entries.slice(from, to).map((entry, place) => {
          const number = from + place;
          const state = stateOf(entry);
          const label = text('review.item', { at: number + 1, state: text(`review.state.${state}`) });
          return (
            <li key={entry.item.index} style={{ top: `${Math.floor(number / columns) * ROW_PX}px`, insetInlineStart: `${((number % columns) * 100) / columns}%`, width: `${100 / columns}%` }}>
              <button type="button" data-state={state} aria-current={number === at ? 'step' : undefined} aria-label={label} title={label}
                onMouseDown={keepFocus} onClick={() => onGo(number)}>
                <Thumbnail item={entry.item} classes={submission.lease.job.classes} thumbnails={thumbnails} attempt={attempt} />
                <span class="number" aria-hidden="true">{number + 1}</span>
                {(state !== 'open' || entry.isUnsent) && <span class="sign" aria-hidden="true">{SIGNS[state]}{entry.isUnsent && '↑'}</span>}
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** Counts how often the network has come back: what failed before is tried again then. */
function useAttempts() {
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const online = () => setAttempt((count) => count + 1);
    addEventListener('online', online);
    return () => removeEventListener('online', online);
  }, []);
  return attempt;
}
