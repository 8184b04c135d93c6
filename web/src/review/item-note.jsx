// What a reviewer has to know of the item before them: what was said of it in the round before, what they decided
// themselves, and what is said of the picture beside its figures.

import { ItemMeta } from '../lease/item-meta.jsx';
import { why } from '../lease/reasons.js';
import { text } from '../texts/texts.js';
import { stateOf } from './submission.js';

/** @typedef {import('../api/types.js').Verdict} Verdict */
/** @typedef {import('../api/types.js').Job} Job */

/** @param {{ session: import('./session.js').Session }} props */
export function ItemNote({ session }) {
  const { submission } = session;
  const entry = submission.current;
  const { job } = submission.lease;
  const { annotation, former_verdict: former } = entry.item;
  const tags = annotation?.tags ?? [];
  return (
    <section class="note" aria-live="polite">
      {session.hasOpenMarks ? <p class="verdict marks">{text('review.open_marks', { count: session.marked.size })}</p>
        : <p class={`verdict ${stateOf(entry)}`}>{said(entry, job)}</p>}
      {entry.refusal && <p class="warning">{text('review.refused', { detail: entry.refusal })}</p>}
      {former && <p class={former.verdict === 'reject' ? 'sent-back' : 'quiet'}>{formerly(former, job)}</p>}
      <ItemMeta item={entry.item} />
      {annotation?.skip && <p class="skipped">{text('review.skipped', { reason: annotation.skip.reason })}</p>}
      {tags.length > 0 && <p>{tags.map(({ name, value }) => (value ? `${name}: ${value}` : name)).join(' · ')}</p>}
    </section>
  );
}

/** @param {import('./submission.js').Entry} entry @param {Job} job */
function said(entry, job) {
  const state = stateOf(entry);
  if (state !== 'rejected' || !entry.verdict) return text(`review.now_${state}`);
  return aboutFigures(entry.verdict, withReason(entry.verdict, job, 'review.now_rejected_why', 'review.now_rejected'), 'figures.marked');
}

/** @param {Verdict} verdict @param {Job} job */
function formerly(verdict, job) {
  if (verdict.verdict === 'accept') return text('review.former_accept');
  return aboutFigures(verdict, withReason(verdict, job, 'review.former_reject', 'review.former_reject_plain'), 'figures.about');
}

/** @param {Verdict} verdict @param {Job} job @param {'review.now_rejected_why' | 'review.former_reject'} id @param {'review.now_rejected' | 'review.former_reject_plain'} plain */
function withReason(verdict, job, id, plain) {
  const reason = why(job, verdict);
  return reason ? text(id, { reason }) : text(plain);
}

/** @param {Verdict} verdict @param {string} words @param {'figures.marked' | 'figures.about'} id */
function aboutFigures({ figures = [] }, words, id) {
  return figures.length > 0 ? `${words} · ${text(id, { count: figures.length })}` : words;
}
