// What a reviewer has to know of the item before them: what was said of it in the round before, what they decided
// themselves, and what is said of the picture beside its figures.

import { text } from '../texts/texts.js';
import { stateOf } from './submission.js';

/** @typedef {import('../api/types.js').Verdict} Verdict */

/** @param {{ submission: import('./submission.js').Submission }} props */
export function ItemNote({ submission }) {
  const entry = submission.current;
  const { annotation, former_verdict: former } = entry.item;
  const tags = annotation?.tags ?? [];
  return (
    <section class="note" aria-live="polite">
      <p class={`verdict ${stateOf(entry)}`}>{said(entry)}</p>
      {entry.refusal && <p class="warning">{text('review.refused', { detail: entry.refusal })}</p>}
      {former && <p class={former.verdict === 'reject' ? 'sent-back' : 'quiet'}>{formerly(former)}</p>}
      {annotation?.skip && <p class="skipped">{text('review.skipped', { reason: annotation.skip.reason })}</p>}
      {tags.length > 0 && <p>{tags.map(({ name, value }) => (value ? `${name}: ${value}` : name)).join(' · ')}</p>}
    </section>
  );
}

/** @param {Verdict} verdict */
const why = ({ reason, comment }) => [reason, comment].filter(Boolean).join(' – ');

/** @param {import('./submission.js').Entry} entry */
function said(entry) {
  const state = stateOf(entry);
  const reason = entry.verdict ? why(entry.verdict) : '';
  return state === 'rejected' && reason ? text('review.now_rejected_why', { reason }) : text(`review.now_${state}`);
}

/** @param {Verdict} verdict */
function formerly(verdict) {
  if (verdict.verdict === 'accept') return text('review.former_accept');
  const reason = why(verdict);
  return reason ? text('review.former_reject', { reason }) : text('review.former_reject_plain');
}
