// What a person has to know of the item before them: that it came back and why, that it was skipped, how it is saved.

import { text } from '../texts/texts.js';
import { stateOf } from './range.js';

/** @param {{ range: import('./range.js').Range }} props */
export function ItemNote({ range }) {
  const entry = range.current;
  const { verdict } = entry.item;
  const state = stateOf(entry);
  const reason = [verdict?.reason, verdict?.comment].filter(Boolean).join(' – ');
  const skip = range.annotation(entry).skip;
  return (
    <section class="note" aria-live="polite">
      {verdict?.verdict === 'reject' && (
        <p class="sent-back">{reason ? text('item.sent_back', { reason }) : text('item.sent_back_plain')}</p>
      )}
      {entry.isConflict && <p class="warning">{text('item.conflict')}</p>}
      {state === 'refused' && !entry.isConflict && <p class="warning">{text('item.refused', { detail: entry.refusal })}</p>}
      {skip && <p>{text('item.skipped', { reason: skip.reason })}</p>}
      <p class="quiet">{status(entry, state)}</p>
    </section>
  );
}

/** @param {import('./range.js').Entry} entry @param {import('./range.js').State} state */
function status(entry, state) {
  if (state === 'saved' || state === 'skipped') return text('item.revision', { revision: entry.revision });
  if (state === 'missing' || state === 'sent-back') return text('item.unsaved');
  return text(`state.${state}`);
}
