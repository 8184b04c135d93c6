// A job's assignments: who has each, in which state, and what a manager can do about it.

import { useState } from 'preact/hooks';
import { assignments } from '../api/manage.js';
import { text } from '../texts/texts.js';
import { AssignmentRow, nameOf } from './assignment-row.jsx';
import { DecisionDialog } from './decision-dialog.jsx';
import { NotLive } from './not-live.jsx';
import { usePolled } from './use-polled.js';

/** @typedef {import('../api/types.js').AssignmentRow} Row */

const STATUSES = /** @type {const} */ (['PENDING', 'IN_PROGRESS', 'COMPLETED', 'IN_REVIEW', 'ACCEPTED', 'REJECTED', 'CANCELLED']);

/**
 * @param {{ job: import('../api/types.js').ManagedJob, onChanged: () => void, onFailed: (error: unknown) => void }} props
 */
export function Assignments({ job, onChanged, onFailed }) {
  const [status, setStatus] = useState('');
  /** Where each page that was turned begins; the first one begins at the beginning. */
  const [turned, setTurned] = useState(['']);
  const after = turned[turned.length - 1];
  /** It stays open with what is typed when its row leaves the page, as one does whose state changes. */
  const [deciding, setDeciding] = useState(/** @type {{ row: Row, verb: import('./assignment-row.jsx').Verb } | null} */ (null));
  const { told: page, isAway, isRefused, look } = usePolled(() => assignments(job.id, status, after), [job.id, status, after], onFailed);
  const changed = () => {
    look();
    onChanged();
  };
  return (
    <section>
      <h2>{text('manage.assignments')}</h2>
      <label class="field">
        {text('manage.status')}
        <select value={status} onChange={(event) => { setStatus(event.currentTarget.value); setTurned(['']); }}>
          <option value="">{text('manage.all')}</option>
          {STATUSES.map((one) => <option key={one} value={one}>{text(`status.${one}`)}</option>)}
        </select>
      </label>
      <NotLive isAway={isAway} onLook={look} />
      {page === null && !isAway && !isRefused && <p role="status">{text('app.loading')}</p>}
      {page !== null && page.items.length === 0 && <p class="quiet">{text('manage.no_assignments')}</p>}
      <ul class="rows">
        {page?.items.map((row) => <AssignmentRow key={row.id} row={row} onDecide={(verb) => setDeciding({ row, verb })} onFailed={onFailed} />)}
      </ul>
      {deciding && (
        <DecisionDialog row={deciding.row} name={nameOf(deciding.row)} verb={deciding.verb} team={job.team} onDone={changed} onClose={() => setDeciding(null)} />
      )}
      <div class="row">
        {turned.length > 1 && <button type="button" onClick={() => setTurned(turned.slice(0, -1))}>{text('manage.page_back')}</button>}
        {page?.next && <button type="button" onClick={() => setTurned([...turned, page.next ?? ''])}>{text('manage.page_on')}</button>}
      </div>
    </section>
  );
}
