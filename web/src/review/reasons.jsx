// The reasons of this job: a number key or a click rejects with one, and the next item is there.

import { keepFocus } from '../shell/focus.js';
import { text } from '../texts/texts.js';
import { KEYS_MOST } from './reasons.js';

/** @param {{ reasons: import('./reasons.js').Reason[], marked: number, isOff: boolean, onReason: (reason: string) => void }} props */
export function Reasons({ reasons, marked, isOff, onReason }) {
  return (
    <section class="reasons-part">
      <h2>{marked > 0 ? text('review.reject_marked_with', { count: marked }) : text('review.reject_with')}</h2>
      <div class="reject-reasons">
        {reasons.map(({ code, title }, at) => (
          <button key={code} type="button" title={title} disabled={isOff} onMouseDown={keepFocus} onClick={() => onReason(code)}>
            <span class="name">{title}</span>
            {at < KEYS_MOST && <kbd>{at + 1}</kbd>}
          </button>
        ))}
      </div>
    </section>
  );
}
