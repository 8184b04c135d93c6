// A job as a strip: how many of its items are in each state.

import { text } from '../texts/texts.js';
import { parts } from './states.js';

/** @param {{ states: import('../api/types.js').ItemStates }} props */
export function Strip({ states }) {
  const shown = parts(states);
  const words = shown.map(({ state, count }) => text(`items.${state}`, { count })).join(', ');
  return (
    <div class="states" role="img" aria-label={words} title={words}>
      {shown.map(({ state, share }) => <span key={state} data-state={state} style={{ flexGrow: share }} />)}
    </div>
  );
}

/** The same in numbers. @param {{ states: import('../api/types.js').ItemStates }} props */
export function Legend({ states }) {
  return (
    <ul class="legend">
      {parts(states).map(({ state, count }) => <li key={state}><span data-state={state} aria-hidden="true" /> {text(`items.${state}`, { count })}</li>)}
    </ul>
  );
}
