// What I did today, in numbers and one by one.

import { dateAndTime, text, textOr } from '../texts/texts.js';
import { Row } from './row.jsx';

/** @typedef {import('../api/types.js').OwnWork} OwnWork */

/** @param {{ work: OwnWork, labels: boolean, judges: boolean }} props */
export function Today({ work: { today, handed_in: rows }, labels, judges }) {
  return (
    <section>
      <h2>{text('mine.today')}</h2>
      <ul class="numbers">
        {(labels || today.submissions > 0) && <li>{text('mine.labelled', { count: today.items })}, {text('mine.in_ranges', { count: today.submissions })}</li>}
        {(judges || today.decisions > 0) && <li>{text('mine.judged', { count: today.judged })}, {text('mine.in_submissions', { count: today.decisions })}</li>}
      </ul>
      <ul class="rows">
        {rows.map((row) => (
          <Row key={`${row.stage} ${row.assignment}`} row={row} stage={row.stage} details={[text('mine.items', { count: row.items }), text('mine.at', { time: dateAndTime(new Date(row.at)) })]}>
            <span class="status">{textOr(`status.${row.status}`, 'status.other')}</span>
          </Row>
        ))}
      </ul>
    </section>
  );
}
