// The list of what is drawn. Only the rows in sight are in the page: there may be thousands.

import { useState } from 'preact/hooks';
import { classColour } from '../picture/colours.js';
import { text } from '../texts/texts.js';
import { keepFocus } from '../shell/focus.js';

const ROW_PX = 36;
const ROWS_SHOWN = 8;
/** Rows drawn above and below those in sight. */
const SPARE_ROWS = 4;

/** @param {{ stage: import('../picture/stage.js').Stage | null, most?: number, none: import('../texts/texts.js').TextId }} props */
export function Figures({ stage, most, none }) {
  const [top, setTop] = useState(0);
  const list = stage?.list ?? [];
  const from = Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS);
  const rows = list.slice(from, from + ROWS_SHOWN + 2 * SPARE_ROWS);
  return (
    <section>
      <h2>{text('figures.title')} <span class="count">{list.length > 0 && text('figures.count', { count: list.length })}</span></h2>
      {list.length === 0 && <p class="quiet">{text(none)}</p>}
      {most !== undefined && list.length > most && <p class="warning" role="alert">{text('figures.limit', { count: most })}</p>}
      <div class="figures" style={{ maxHeight: `${ROWS_SHOWN * ROW_PX}px` }} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        <ul style={{ height: `${list.length * ROW_PX}px` }}>
          {rows.map(({ number, class: name, shape, position, tags }, at) => (
            <li key={number} style={{ top: `${(from + at) * ROW_PX}px` }}>
              <button type="button" aria-pressed={number === stage?.pickedNumber} onMouseDown={keepFocus} onClick={() => stage?.pickNumber(number)}>
                <span class="swatch" style={{ '--class-colour': classColour(position) }} />
                <span class="name">{text('figures.row', { number, name, shape: text(`tool.${shape}`) })}</span>
                {tags.length > 0 && <span class="quiet">{tags.map((tag) => tag.value ?? tag.name).join(', ')}</span>}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
