// What a person has to know of the item before them: that it came back and why, that it was skipped, how it is saved.

import { ItemMeta } from '../lease/item-meta.jsx';
import { why } from '../lease/reasons.js';
import { text } from '../texts/texts.js';
import { stateOf } from './range.js';

/** @param {{ session: import('./session.js').Session, marked: number }} props `marked` figures are as they were when they were sent back */
export function ItemNote({ session: { range, misfits }, marked }) {
  const entry = range.current;
  const state = stateOf(entry);
  const skip = range.annotation(entry).skip;
  return (
    <section class="note" aria-live="polite">
      <SentBack range={range} marked={marked} />
      <ItemMeta item={entry.item} />
      {state === 'refused' && !entry.theirs && <p class="warning">{text('item.refused', { detail: entry.refusal })}</p>}
      {skip && <p>{text('item.skipped', { reason: skip.reason })}</p>}
      {misfits && misfits.cut > 0 && <p class="warning">{text('item.same_cut', { count: misfits.cut })}</p>}
      {misfits && misfits.dropped > 0 && <p class="warning">{text('item.same_dropped', { count: misfits.dropped })}</p>}
      <p class="quiet">{entry.theirs ? text('item.in_conflict') : status(entry, state)}</p>
    </section>
  );
}

/** @param {{ range: import('./range.js').Range, marked: number }} props */
function SentBack({ range, marked }) {
  const { verdict } = range.current.item;
  if (verdict?.verdict !== 'reject') return null;
  const reason = why(range.lease.job, verdict);
  return (
    <p class="sent-back">
      {reason ? text('item.sent_back', { reason }) : text('item.sent_back_plain')}
      {marked > 0 && <><br />{text('figures.marked', { count: marked })}</>}
    </p>
  );
}

/** @param {import('./range.js').Entry} entry @param {import('./range.js').State} state */
function status(entry, state) {
  if (state === 'saved' || state === 'skipped') return text('item.revision', { revision: entry.revision });
  if (state === 'missing' || state === 'sent-back') return text('item.unsaved');
  return text(`state.${state}`);
}
