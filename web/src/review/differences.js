// Which figures of two opinions on one picture differ.

/** @typedef {import('../api/types.js').Figure} Figure */
/** @typedef {import('../api/types.js').Point} Point */

/** How far apart the outlines of two figures may lie that say the same: as a share of the longer side, and at least. */
export const HANDS = { share: 0.05, leastPx: 3 };
/** The same hand at the same figure: whatever was moved counts. */
export const EXACT = { share: 0, leastPx: 0.02 };

/** @typedef {typeof HANDS} Tolerance */
/** @typedef {{ left: number, top: number, right: number, bottom: number }} Bounds */

/**
 * Positions of the figures that the other opinion does not have.
 * @param {Figure[]} ones @param {Figure[]} others @param {Tolerance} tolerance
 * @returns {{ ones: number[], others: number[] }}
 */
export function differences(ones, others, tolerance) {
  const bounds = others.map(boundsOf);
  const unmatched = new Set(others.keys());
  const left = ones.flatMap((one, at) => {
    const of = boundsOf(one);
    const apart = Math.max(tolerance.leastPx, tolerance.share * Math.max(of.right - of.left, of.bottom - of.top));
    for (const other of unmatched) {
      if (!areNear(of, bounds[other], apart) || !areAlike(one, others[other], apart)) continue;
      unmatched.delete(other);
      return [];
    }
    return [at];
  });
  return { ones: left, others: [...unmatched] };
}

/** @param {Bounds} one @param {Bounds} other @param {number} apart */
function areNear(one, other, apart) {
  return Math.abs(one.left - other.left) <= apart && Math.abs(one.right - other.right) <= apart
    && Math.abs(one.top - other.top) <= apart && Math.abs(one.bottom - other.bottom) <= apart;
}

/** @param {Figure} one @param {Figure} other @param {number} apart */
function areAlike(one, other, apart) {
  if (one.class !== other.class || one.shape !== other.shape || tagsOf(one) !== tagsOf(other)) return false;
  const [lines, otherLines] = [linesOf(one), linesOf(other)];
  if (lines.length !== otherLines.length) return false;
  return lines.every((line, at) => liesOn(line, otherLines[at], apart) && liesOn(otherLines[at], line, apart));
}

/** @param {Figure} figure */
function tagsOf({ tags }) {
  return JSON.stringify((tags ?? []).map(({ name, value }) => [name, value ?? null]).sort());
}

/** Whether each corner of a line lies on the other, or as near as that. @param {Point[]} line @param {Point[]} other @param {number} apart */
function liesOn(line, other, apart) {
  return line.every((point) => other.some((end, at) => distance(point, other[at - 1] ?? end, end) <= apart));
}

/** How far a point is from a piece of a line. @param {Point} point @param {Point} from @param {Point} to */
function distance([x, y], [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length));
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}

/** The lines that a figure is drawn with; an outline ends where it begins. @param {Figure} figure @returns {Point[][]} */
function linesOf({ geometry }) {
  if ('exterior' in geometry) return [geometry.exterior, ...(geometry.interior ?? [])].map((ring) => [...ring, ring[0]]);
  if ('points' in geometry) return [geometry.points];
  const { left, top, right, bottom } = boundsOfBox(geometry);
  return [[[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]];
}

/** @param {Figure} figure @returns {Bounds} */
function boundsOf({ geometry }) {
  if ('width' in geometry) return boundsOfBox(geometry);
  const points = 'exterior' in geometry ? geometry.exterior : geometry.points;
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

/** @param {import('../api/types.js').RectangleGeometry} box @returns {Bounds} */
function boundsOfBox({ x, y, width, height }) {
  return { left: x, top: y, right: x + width, bottom: y + height };
}
