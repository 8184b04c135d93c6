// The last item is saved: one key hands in and brings the next range.

import { text } from '../texts/texts.js';

/** @param {{ session: import('./session.js').Session }} props */
export function AllDone({ session }) {
  return (
    <div class="over done" role="status">
      <p>{text('range.all_done')}</p>
      <button type="button" class="main" onClick={() => session.handIn()}>{text('range.hand_in_next')} <kbd>Enter</kbd></button>
      <button type="button" onClick={() => session.go(0)}>{text('range.look_again')}</button>
    </div>
  );
}
