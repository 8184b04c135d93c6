// The stretches of a job's map: which ranges each spans, what is in it, and what comes of zooming in.

/** @typedef {import('../../api/types.js').Coverage} Coverage */
/** @typedef {import('../../api/types.js').Stretch} Stretch */
/** @typedef {keyof Stretch} StretchState */

/** From what is finished to what has not begun. @type {StretchState[]} */
export const STRETCH_STATES = ['accepted', 'skipped', 'in_review', 'completed', 'in_progress', 'held', 'rework', 'waiting', 'cancelled'];

/** The ranges of a stretch: its first, and the one behind its last. @param {Coverage} map @param {number} at @returns {[number, number]} */
export function rangesOf({ from, to, width }, at) {
  const first = from + at * width;
  return [first, Math.min(to, first + width)];
}

/** What is in a stretch, as shares of it. @param {Stretch} stretch @returns {{ state: StretchState, count: number, share: number }[]} */
export function sharesOf(stretch) {
  const all = STRETCH_STATES.reduce((sum, state) => sum + (stretch[state] ?? 0), 0);
  return STRETCH_STATES.flatMap((state) => {
    const count = stretch[state] ?? 0;
    return count > 0 ? [{ state, count, share: count / all }] : [];
  });
}

/**
 * What is shown when somebody looks closer at a stretch: some stretches around it as well, so that they see where they are.
 * @param {Coverage} map @param {number} at @returns {[number, number]}
 */
export function closer(map, at) {
  const [first, end] = rangesOf(map, at);
  const margin = map.width * 2;
  return [Math.max(0, first - margin), Math.min(map.ranges, end + margin)];
}

/** Whether every stretch is a single range. @param {Coverage} map */
export function isClosest(map) {
  return map.width === 1;
}
