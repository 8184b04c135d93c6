// How far the items of a job are, in the order in which they go through it.

/** @typedef {import('../api/types.js').ItemStates} ItemStates */
/** @typedef {keyof ItemStates} State */

/** What is finished stands first. @type {State[]} */
export const STATES = ['accepted', 'skipped', 'in_review', 'completed', 'in_progress', 'pending', 'cancelled'];

/** @param {ItemStates} states */
export function total(states) {
  return STATES.reduce((sum, state) => sum + states[state], 0);
}

/** How many items are finished, whatever became of them. @param {ItemStates} states */
export function finished(states) {
  return states.accepted + states.skipped + states.cancelled;
}

/**
 * The parts of a strip as shares of its width. What is there is seen: no part is thinner than a hundredth.
 * @param {ItemStates} states
 * @returns {{ state: State, count: number, share: number }[]}
 */
export function parts(states) {
  const all = total(states);
  if (all === 0) return [];
  const there = STATES.filter((state) => states[state] > 0);
  const widths = there.map((state) => Math.max(states[state] / all, 0.01));
  const sum = widths.reduce((one, other) => one + other, 0);
  return there.map((state, at) => ({ state, count: states[state], share: widths[at] / sum }));
}
