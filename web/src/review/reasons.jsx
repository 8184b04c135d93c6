// The reasons of this job: a number key or a click rejects with one, and the next item is there.

import { keepFocus } from '../shell/focus.js';
import { text } from '../texts/texts.js';
import { REASONS_MOST } from './reasons.js';

/** @param {{ reasons: string[], isOff: boolean, onReason: (reason: string) => void }} props */
export function Reasons({ reasons, isOff, onReason }) {
  return (
    <section class="reasons-part">
      <h2>{text('review.reject_with')}</h2>
      <div class="reject-reasons">
        {reasons.map((reason, at) => (
          <button key={reason} type="button" disabled={isOff} onMouseDown={keepFocus} onClick={() => onReason(reason)}>
            <span class="name">{reason}</span>
            {at < REASONS_MOST && <kbd>{at + 1}</kbd>}
          </button>
        ))}
      </div>
    </section>
  );
}
