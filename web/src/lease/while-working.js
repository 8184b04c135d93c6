/** @typedef {import('../keys/use-keys.js').Commands} Commands */

/** The same commands, each of which counts as work: that keeps the lease. @param {() => void} onWorked @param {Commands} commands @returns {Commands} */
export function whileWorking(onWorked, commands) {
  return Object.fromEntries(Object.entries(commands).map(([name, act]) => [name, (/** @type {KeyboardEvent} */ event) => {
    onWorked();
    return act(event);
  }]));
}
