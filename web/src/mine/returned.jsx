// What came back from review and is kept for me: a button takes it up.

import { useState } from 'preact/hooks';
import { isProblem } from '../api/client.js';
import { take } from '../api/leases.js';
import { dateAndTime, text } from '../texts/texts.js';
import { Row } from './row.jsx';

/** @typedef {import('../api/types.js').ReturnedRow} ReturnedRow */

/**
 * @param {{ rows: ReturnedRow[], isBusy: boolean, onGo: (path: string, lease?: string) => void,
 *   onFailed: (error: unknown) => void }} props with `isBusy` the person holds a range already, and finishes that first
 */
export function Returned({ rows, isBusy, onGo, onFailed }) {
  const [isTaking, setTaking] = useState(false);
  const [isGone, setGone] = useState(false);
  /** @param {string} team */
  const takeUp = async (team) => {
    setTaking(true);
    try {
      // The server hands a rework to its author before anything else.
      onGo('/work', (await take(team)).lease_id);
    } catch (error) {
      if (isProblem(error, 'no-work')) setGone(true);
      else onFailed(error);
      setTaking(false);
    }
  };
  return (
    <section>
      <h2>{text('mine.returned')}</h2>
      {rows.length === 0 && <p class="quiet">{text('mine.returned_none')}</p>}
      {isGone && <p class="warning" role="alert">{text('mine.returned_gone')}</p>}
      {rows.length > 0 && isBusy && <p class="quiet">{text('mine.returned_busy')}</p>}
      <ul class="rows">
        {rows.map((row) => (
          <Row key={row.assignment} row={row} stage="annotation" details={[text('mine.items', { count: row.items }), keptUntil(row)]}>
            <button type="button" disabled={isTaking || isBusy} onClick={() => takeUp(row.team.id)}>{text('mine.take_up')}</button>
          </Row>
        ))}
      </ul>
    </section>
  );
}

/** @param {ReturnedRow} row */
function keptUntil({ reserved_until: until }) {
  return until ? text('mine.kept_until', { time: dateAndTime(new Date(until)) }) : null;
}
