// Figures from another picture, cut to what lies within this one.

import { SIDE_MIN, clamp } from './geometry.js';

/** @typedef {import('../api/types.js').Figure} Figure */
/** @typedef {import('./geometry.js').Size} Size */
/** @typedef {[number, number]} Point */

/**
 * @param {Figure[]} figures
 * @param {Size} size
 * @returns {{ figures: Figure[], cut: number, dropped: number }} what is left, and how many were cut or lie outside
 */
export function clipAll(figures, size) {
  const kept = figures.map((figure) => clip(figure, size));
  const left = kept.flatMap((figure) => figure ?? []);
  return { figures: left, cut: left.filter((figure) => !figures.includes(figure)).length, dropped: figures.length - left.length };
}

/** @param {Figure} figure @param {Size} size @returns {Figure | null} the same where all of it lies inside; null where nothing would be left */
function clip(figure, size) {
  const geometry = clipGeometry(figure, size);
  return geometry && (geometry === figure.geometry ? figure : { ...figure, geometry });
}

/** @param {Figure} figure @param {Size} size @returns {Figure['geometry'] | null} */
function clipGeometry({ shape, geometry }, size) {
  const isInside = (/** @type {Point} */ [x, y]) => x >= 0 && y >= 0 && x <= size.width && y <= size.height;
  if ('width' in geometry) return clipBox(geometry, size);
  if ('exterior' in geometry) {
    const { exterior, interior = [] } = geometry;
    if (exterior.every(isInside)) return geometry;
    const outline = clipRing(exterior, size);
    return outline && { exterior: outline, interior: interior.flatMap((ring) => [clipRing(ring, size) ?? []]).filter((ring) => ring.length > 0) };
  }
  if (geometry.points.every(isInside)) return geometry;
  // Half a line says something else than the whole.
  const points = shape === 'polyline' ? [] : geometry.points.filter(isInside);
  return points.length > 0 ? { points } : null;
}

/** @param {{ x: number, y: number, width: number, height: number }} box @param {Size} size */
function clipBox(box, size) {
  const [left, top] = [clamp(box.x, 0, size.width), clamp(box.y, 0, size.height)];
  const [right, bottom] = [clamp(box.x + box.width, 0, size.width), clamp(box.y + box.height, 0, size.height)];
  const cut = { x: left, y: top, width: right - left, height: bottom - top };
  if (cut.width < Math.min(SIDE_MIN, box.width) || cut.height < Math.min(SIDE_MIN, box.height)) return null;
  return left === box.x && top === box.y && right === box.x + box.width && bottom === box.y + box.height ? box : cut;
}

/** Cuts a ring at each edge of the picture in turn (Sutherland and Hodgman). @param {Point[]} ring @param {Size} size @returns {Point[] | null} */
function clipRing(ring, { width, height }) {
  const edges = /** @type {[0 | 1, number, 1 | -1][]} */ ([[0, 0, 1], [0, width, -1], [1, 0, 1], [1, height, -1]]);
  const cut = edges.reduce((points, [axis, at, side]) => cutAt(points, axis, at, side), ring);
  return area(cut) > 0 ? cut : null;
}

/** What lies on one side of a line across an axis. @param {Point[]} ring @param {0 | 1} axis @param {number} at @param {1 | -1} side @returns {Point[]} */
function cutAt(ring, axis, at, side) {
  return ring.flatMap((point, place) => {
    const before = ring.at(place - 1) ?? point;
    const [depth, depthBefore] = [(point[axis] - at) * side, (before[axis] - at) * side];
    const crossing = depth * depthBefore < 0 ? [crossingAt(before, point, axis, at)] : [];
    return depth >= 0 ? [...crossing, point] : crossing;
  });
}

/** @param {Point} from @param {Point} to @param {0 | 1} axis @param {number} at @returns {Point} */
function crossingAt(from, to, axis, at) {
  const share = (at - from[axis]) / (to[axis] - from[axis]);
  const other = from[1 - axis] + share * (to[1 - axis] - from[1 - axis]);
  return axis === 0 ? [at, other] : [other, at];
}

/** Twice the area, by the shoelace formula. @param {Point[]} ring */
function area(ring) {
  return Math.abs(ring.reduce((sum, [x, y], place) => {
    const [nextX, nextY] = ring[(place + 1) % ring.length];
    return sum + x * nextY - nextX * y;
  }, 0));
}
