// The item was saved elsewhere in the meantime, in another tab for the most part: the person chooses which of the two stays.

import { text } from '../texts/texts.js';

/** @param {{ session: import('./session.js').Session }} props */
export function Conflict({ session }) {
  const { conflict } = session;
  if (!conflict) return null;
  return (
    <div class="over top warning" role="alert">
      <p>{text('item.conflict', { count: conflict.annotation?.figures.length ?? 0, revision: conflict.revision })}</p>
      <button type="button" onClick={() => session.loadTheirs()}>{text('item.load_saved')}</button>
      <button type="button" onClick={() => session.keepOwn()}>{text('item.keep_own')}</button>
    </div>
  );
}
