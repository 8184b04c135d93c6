// The list of what is drawn. Only the rows in sight are in the page: there may be thousands.

import { useEffect, useRef, useState } from 'preact/hooks';
import { classColour } from '../picture/colours.js';
import { text } from '../texts/texts.js';
import { keepFocus } from '../shell/focus.js';

const ROW_PX = 36;
const ROWS_SHOWN = 8;
/** Rows drawn above and below those in sight. */
const SPARE_ROWS = 4;

/** @typedef {import('../picture/stage.js').Stage} Stage */

/**
 * @param {{ stage: Stage | null, most?: number, none: import('../texts/texts.js').TextId, reason?: string,
 *   onUse?: (number: number) => void }} props `reason` is what is said of marked figures; with `onUse` a row marks its figure
 */
export function Figures({ stage, most, none, reason, onUse }) {
  const [top, setTop] = useState(0);
  const list = stage?.list ?? [];
  const from = Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS);
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const picked = list.findIndex(({ number }) => number === stage?.pickedNumber);
  useEffect(() => {
    if (box.current && picked >= 0) bringIntoSight(box.current, picked);
  }, [picked]);
  const rows = list.slice(from, from + ROWS_SHOWN + 2 * SPARE_ROWS);
  return (
    <section>
      <h2>{text('figures.title')} <span class="count">{list.length > 0 && text('figures.count', { count: list.length })}</span></h2>
      {list.length === 0 && <p class="quiet">{text(none)}</p>}
      {most !== undefined && list.length > most && <p class="warning" role="alert">{text('figures.limit', { count: most })}</p>}
      <div class="figures" ref={box} style={{ maxHeight: `${ROWS_SHOWN * ROW_PX}px` }} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        <ul style={{ height: `${list.length * ROW_PX}px` }}>
          {rows.map((row, at) => (
            <li key={row.number} style={{ top: `${(from + at) * ROW_PX}px` }}>
              <Row row={row} stage={stage} reason={reason} onUse={onUse} />
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

/** Scrolls no further than it must. @param {HTMLElement} box @param {number} row */
function bringIntoSight(box, row) {
  const [start, end] = [row * ROW_PX, (row + 1) * ROW_PX];
  if (start < box.scrollTop) box.scrollTop = start;
  else if (end > box.scrollTop + box.clientHeight) box.scrollTop = end - box.clientHeight;
}

/** @param {{ row: Stage['list'][number], stage: Stage | null, reason?: string, onUse?: (number: number) => void }} props */
function Row({ row, stage, reason, onUse }) {
  const { number, class: name, shape, position, tags, isMarked, differs } = row;
  const isPicked = number === stage?.pickedNumber;
  const use = () => {
    stage?.pickNumber(number);
    onUse?.(number);
  };
  return (
    <button type="button" class={isMarked ? 'marked' : undefined} aria-pressed={onUse ? isMarked : isPicked} aria-current={onUse && isPicked ? 'true' : undefined}
      title={isMarked ? reason : undefined} onMouseDown={keepFocus} onClick={use}>
      <span class="swatch" style={{ '--class-colour': classColour(position) }} />
      <span class="name">{text('figures.row', { number, name, shape: text(`tool.${shape}`) })}</span>
      {tags.length > 0 && <span class="quiet">{tags.map((tag) => tag.value ?? tag.name).join(', ')}</span>}
      {differs && <span class="sign"><span aria-hidden="true">≠</span><span class="hidden">{text('figures.differs')}</span></span>}
      {isMarked && <span class="sign"><span aria-hidden="true">✗</span> {reason ?? <span class="hidden">{text('figures.is_marked')}</span>}</span>}
    </button>
  );
}
