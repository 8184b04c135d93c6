// A job as a strip: how many of its items are in each state.

import { text } from '../texts/texts.js';
import { Link } from './parts/link.jsx';
import { addressOfJob } from './place.js';
import { parts } from './states.js';

/** The parts in words. @param {import('../api/types.js').ItemStates} states */
export function wordsOf(states) {
  return parts(states).map(({ state, count }) => text(`items.${state}`, { count })).join(', ');
}

/** @param {{ states: import('../api/types.js').ItemStates }} props */
export function Strip({ states }) {
  const shown = parts(states);
  const words = wordsOf(states);
  return (
    <div class="states" role="img" aria-label={words} title={words}>
      {shown.map(({ state, share }) => <span key={state} data-state={state} style={{ flexGrow: share }} />)}
    </div>
  );
}

/**
 * The same in numbers; each leads to the assignments in its state.
 * @param {{ states: import('../api/types.js').ItemStates, job: string, onGo: (address: string) => void }} props
 */
export function Legend({ states, job, onGo }) {
  return (
    <ul class="legend">
      {parts(states).map(({ state, count }) => (
        <li key={state}>
          <span data-state={state} aria-hidden="true" /> <Link to={addressOfJob(job, { status: STATUS_OF[state] })} onGo={onGo}>{text(`items.${state}`, { count })}</Link>
        </li>
      ))}
    </ul>
  );
}

/** Of assignments whose items are in a state. */
const STATUS_OF = {
  accepted: 'ACCEPTED', skipped: 'ACCEPTED', in_review: 'IN_REVIEW', completed: 'COMPLETED', in_progress: 'IN_PROGRESS', pending: 'PENDING', cancelled: 'CANCELLED',
};
