// How many assignments are in each state; each number leads to them.

import { text } from '../../texts/texts.js';
import { Link } from '../parts/link.jsx';
import { addressOfJob } from '../place.js';

/** The states with their counters. */
export const STATUSES = /** @type {const} */ ([
  ['PENDING', 'pending'], ['IN_PROGRESS', 'in_progress'], ['COMPLETED', 'completed'], ['IN_REVIEW', 'in_review'],
  ['ACCEPTED', 'accepted'], ['REJECTED', 'rejected'], ['CANCELLED', 'cancelled'],
]);

/** @param {{ job: import('../../api/types.js').ManagedJob, onGo: (address: string) => void }} props */
export function StatusLinks({ job, onGo }) {
  const there = STATUSES.filter(([, counter]) => job.counts[counter] > 0);
  return (
    <div class="counts">
      <span class="quiet">{text('manage.by_state')}</span>
      <ul class="legend">
        {there.map(([status, counter]) => (
          <li key={status}><Link to={addressOfJob(job.id, { status })} onGo={onGo}>{text('manage.in_state', { count: job.counts[counter], state: text(`status.${status}`) })}</Link></li>
        ))}
      </ul>
    </div>
  );
}
