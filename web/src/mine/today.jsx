// What I did today, in numbers and one by one.

import { useState } from 'preact/hooks';
import { dateAndTime, text, textOr } from '../texts/texts.js';
import { Row } from './row.jsx';

/** @typedef {import('../api/types.js').OwnWork} OwnWork */

/** Rows that are shown until the person asks for all. */
const SHOWN_FIRST = 10;

/** @param {{ work: OwnWork, labels: boolean, judges: boolean }} props */
export function Today({ work: { totals, handed_in: rows }, labels, judges }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? rows : rows.slice(0, SHOWN_FIRST);
  return (
    <section>
      <h2>{text('mine.today')}</h2>
      <ul class="numbers">
        {(labels || totals.submissions > 0) && <li>{text('mine.labelled', { count: totals.items })}, {text('mine.in_ranges', { count: totals.submissions })}</li>}
        {(judges || totals.decisions > 0) && <li>{text('mine.judged', { count: totals.judged })}, {text('mine.in_submissions', { count: totals.decisions })}</li>}
      </ul>
      <ul class="rows">
        {shown.map((row) => (
          <Row key={`${row.stage} ${row.assignment}`} row={row} stage={row.stage} details={[text('mine.items', { count: row.items }), text('mine.at', { time: dateAndTime(new Date(row.at)) })]}>
            <span class="status">{textOr(`status.${row.status}`, 'status.other')}</span>
          </Row>
        ))}
      </ul>
      {shown.length < rows.length && <button type="button" onClick={() => setWhole(true)}>{text('mine.show_all', { count: rows.length })}</button>}
    </section>
  );
}
