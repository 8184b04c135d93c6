// Pages of a list, turned one by one.

import { useRef, useState } from 'preact/hooks';
import { text } from '../../texts/texts.js';

/**
 * Where each page that was turned begins; the first one begins at the beginning.
 * @param {string} [list] another list begins at its beginning
 * @returns {{ after: string, at: number, turn: (next: string) => void, back: () => void }}
 */
export function usePages(list = '') {
  const [{ turned, of }, setTurned] = useState({ turned: [''], of: list });
  const own = of === list ? turned : [''];
  return {
    after: own[own.length - 1],
    at: own.length,
    turn: (next) => setTurned({ turned: [...own, next], of: list }),
    back: () => setTurned({ turned: own.slice(0, -1), of: list }),
  };
}

/**
 * The buttons stay where they are and are switched off at the ends and while a page is awaited, so that the focus is never lost
 * with one of them.
 * @param {{ pages: ReturnType<typeof usePages>, next: string | null }} props
 */
export function Pager({ pages, next }) {
  const wasShown = useRef(false);
  wasShown.current ||= pages.at > 1 || next !== null;
  if (!wasShown.current) return null;
  return (
    <div class="row pager">
      <button type="button" aria-disabled={pages.at === 1} onClick={() => pages.at > 1 && pages.back()}>{text('manage.page_back')}</button>
      <span class="quiet" role="status">{text('manage.page', { at: pages.at })}</span>
      <button type="button" aria-disabled={next === null} onClick={() => next !== null && pages.turn(next)}>{text('manage.page_on')}</button>
    </div>
  );
}
