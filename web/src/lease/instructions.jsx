// What to look out for: beside the picture, and out of the way for those who know it.

import { text } from '../texts/texts.js';

/** Where this browser keeps the job whose instructions were closed last. */
const CLOSED = 'swath.instructions.closed';

/** @param {{ lease: import('../api/types.js').Lease }} props */
export function Instructions({ lease }) {
  const words = [lease.assignment.instructions, lease.job.description].filter((one) => one);
  /** @param {HTMLDetailsElement} details */
  const remember = ({ open }) => localStorage.setItem(CLOSED, open ? '' : lease.job.id);
  return (
    <details open={localStorage.getItem(CLOSED) !== lease.job.id} onToggle={(event) => remember(event.currentTarget)}>
      <summary>{text('instructions.title')}</summary>
      <div class="instructions" tabIndex={0}>
        {words.map((one, at) => <p key={at} class="prose">{one}</p>)}
        {words.length === 0 && <p class="quiet">{text('instructions.none')}</p>}
      </div>
    </details>
  );
}
