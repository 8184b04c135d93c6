// Handing in: what is missing is said, and one click or key leads there.

import { text } from '../texts/texts.js';
import { stateOf } from './range.js';

/**
 * @param {{ range: import('./range.js').Range, unsent: number, isOffline: boolean, isHandingIn: boolean, notice: string,
 *   onHandIn: () => void, onGo: (at: number) => void }} props
 */
export function HandIn({ range, unsent, isOffline, isHandingIn, notice, onHandIn, onGo }) {
  const refused = range.entries.filter((entry) => stateOf(entry) === 'refused').length;
  const missing = range.missing.length - refused;
  return (
    <div class="hand-in">
      <p role="status">
        {isHandingIn && text('range.handing_in')}{' '}
        {unsent > 0 && isOffline && <span class="warning">{text('range.unsent', { count: unsent })}</span>}{' '}
        {refused > 0 && <span class="warning">{text('range.refused', { count: refused })}</span>}{' '}
        {notice && <span class="warning">{notice}</span>}
      </p>
      {missing + refused > 0 ? (
        <button type="button" onClick={() => onGo(range.firstOpen() ?? 0)}>
          {text('range.missing', { count: missing + refused })} <span class="arrow" aria-hidden="true">→</span>
          <span class="hidden">{text('range.to_first')}</span>
        </button>
      ) : (
        <button type="button" class="main" disabled={isHandingIn} onClick={onHandIn}>{text('range.hand_in')}</button>
      )}
    </div>
  );
}
