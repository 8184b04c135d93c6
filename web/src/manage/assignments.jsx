// A job's assignments: who has each, in which state, and what a manager can do about it.

import { useEffect, useRef, useState } from 'preact/hooks';
import { assignments } from '../api/manage.js';
import { aboutJob } from '../live/about.js';
import { text, textOr } from '../texts/texts.js';
import { AssignmentRow, nameOf } from './assignment-row.jsx';
import { DecisionDialog } from './decision-dialog.jsx';
import { NotLive } from './not-live.jsx';
import { Link } from './parts/link.jsx';
import { Pager, usePages } from './parts/pager.jsx';
import { addressOfJob } from './place.js';
import { usePolled } from './use-polled.js';

/** @typedef {import('../api/types.js').AssignmentRow} Row */

const STATUSES = /** @type {const} */ (['PENDING', 'IN_PROGRESS', 'COMPLETED', 'IN_REVIEW', 'ACCEPTED', 'REJECTED', 'CANCELLED']);

/** The statuses in which something happens next, and can be asked for in that order. @type {readonly string[]} */
const ORDERED = ['PENDING', 'IN_PROGRESS', 'COMPLETED', 'IN_REVIEW'];

/**
 * @param {{ job: import('../api/types.js').ManagedJob, wanted: import('../api/manage.js').Wanted, onGo: (address: string) => void,
 *   onChanged: () => void, onFailed: (error: unknown) => void }} props with what narrows the list, as the address says
 */
export function Assignments({ job, wanted: asked, onGo, onChanged, onFailed }) {
  const hasOrder = ORDERED.includes(asked.status ?? '') && !asked.range;
  const wanted = hasOrder ? asked : { ...asked, order: '' };
  const narrowed = Object.values(wanted).join(' ');
  const pages = usePages(narrowed);
  const title = useTitle(narrowed);
  /** It stays open with what is typed when its row leaves the page, as one does whose state changes. */
  const [deciding, setDeciding] = useState(/** @type {{ row: Row, verb: import('./assignment-row.jsx').Verb } | null} */ (null));
  const { told: page, isAway, isRefused, look } = usePolled(() => assignments(job.id, wanted, pages.after), [job.id, narrowed, pages.after], onFailed, aboutJob(job.id));
  const changed = () => {
    look();
    onChanged();
  };
  return (
    <section class="assignments">
      <h2 ref={title} tabIndex={-1}>{text('manage.assignments')}</h2>
      <div class="filters">
        <label class="field">
          {text('manage.status')}
          <select value={wanted.status} onChange={(event) => onGo(addressOfJob(job.id, { ...wanted, status: event.currentTarget.value }))}>
            <option value="">{text('manage.all')}</option>
            {STATUSES.map((one) => <option key={one} value={one}>{text(`status.${one}`)}</option>)}
          </select>
        </label>
        {hasOrder && (
          <label class="field">
            {text('manage.order')}
            <select value={wanted.order} onChange={(event) => onGo(addressOfJob(job.id, { ...wanted, order: event.currentTarget.value }))}>
              <option value="">{text('manage.order.range')}</option>
              <option value="next">{textOr(`manage.order.${wanted.status}`, 'manage.order')}</option>
            </select>
          </label>
        )}
      </div>
      <Narrowing job={job.id} wanted={wanted} row={page?.items[0] ?? null} onGo={onGo} />
      <NotLive isPart isAway={isAway} onLook={look} />
      {page === null && !isAway && !isRefused && <p role="status">{text('app.loading')}</p>}
      {page !== null && page.items.length === 0 && <p class="quiet">{text('manage.no_assignments')}</p>}
      <ul class="rows">
        {page?.items.map((row) => <AssignmentRow key={row.id} row={row} onDecide={(verb) => setDeciding({ row, verb })} onFailed={onFailed} />)}
      </ul>
      {deciding && (
        <DecisionDialog row={deciding.row} name={nameOf(deciding.row)} verb={deciding.verb} team={job.team} onDone={changed} onClose={() => setDeciding(null)} />
      )}
      <Pager pages={pages} next={page?.next ?? null} />
    </section>
  );
}

/** The title, which has the focus when a number elsewhere on the page has narrowed the list. @param {string} narrowed */
function useTitle(narrowed) {
  const title = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  const before = useRef(narrowed);
  useEffect(() => {
    if (before.current === narrowed) return;
    before.current = narrowed;
    // Who chooses in the list itself goes on choosing.
    if (!title.current?.parentElement?.contains(document.activeElement)) title.current?.focus();
  }, [narrowed]);
  return title;
}

/**
 * What narrows the list beside the state, with the way back to the whole of it.
 * @param {{ job: string, wanted: import('../api/manage.js').Wanted, row: Row | null, onGo: (address: string) => void }} props with
 *   the first row, which has the names
 */
function Narrowing({ job, wanted, row, onGo }) {
  const { holder, author, round, range } = wanted;
  if (!holder && !author && !round && !range) return null;
  const said = [
    holder && row?.holder === holder ? text('manage.only_holder', { name: row.holder_name ?? '' }) : null,
    author && row?.author === author ? text('manage.only_author', { name: row.author_name ?? '' }) : null,
    round ? text('range.round', { round }) : null,
    range ? text('map.range', { range: Number(range) + 1 }) : null,
  ].filter(Boolean);
  return <p>{text('manage.only', { what: said.join(' · ') })} <Link to={addressOfJob(job, { status: wanted.status })} onGo={onGo}>{text('manage.show_whole')}</Link></p>;
}
