// What I hold, to label or to review.

import { dateAndTime, text } from '../texts/texts.js';
import { Row } from './row.jsx';

/** @typedef {import('../api/types.js').HeldRow} HeldRow */

/** @param {{ rows: HeldRow[], onGo: (path: string, lease?: string) => void }} props */
export function Held({ rows, onGo }) {
  return (
    <section>
      <h2>{text('mine.held')}</h2>
      {rows.length === 0 && <p class="quiet">{text('mine.held_none')}</p>}
      <ul class="rows">
        {rows.map((row) => (
          <Row key={row.lease_id} row={row} stage={row.stage} details={[howFar(row), text('mine.until', { time: dateAndTime(new Date(row.expires_at)) })]}>
            <button type="button" class="main" onClick={() => onGo(row.stage === 'review' ? '/reviews' : '/work', row.lease_id)}>{text('mine.go_on')}</button>
          </Row>
        ))}
      </ul>
    </section>
  );
}

/** @param {HeldRow} row */
function howFar({ stage, saved, items }) {
  return text(stage === 'review' ? 'review.decided' : 'range.done', { done: saved, count: items });
}
