// The corners of a polygon, a line or a set of points, one by one: how keys bend a figure.

import LineString from 'ol/geom/LineString.js';
import Polygon from 'ol/geom/Polygon.js';
import { inside } from './geometry.js';

/** @typedef {import('./geometry.js').Geometry} Geometry */
/** @typedef {import('./geometry.js').Size} Size */

/** All corners in order; a ring's first corner is not repeated. @param {Geometry} geometry @returns {number[][]} */
export function cornersOf(geometry) {
  return ringsOf(geometry).flat();
}

/** @param {Geometry} geometry @param {number} number @param {number} dx @param {number} dy @param {Size} size */
export function moveCorner(geometry, number, dx, dy, size) {
  change(geometry, number, (ring, at) => {
    const [x, y] = ring[at];
    ring[at] = inside([x + dx, y + dy], size);
  });
}

/** Takes a corner away, unless the figure needs it. @param {Geometry} geometry @param {number} number @returns {boolean} whether it is gone */
export function removeCorner(geometry, number) {
  const least = geometry instanceof Polygon ? 3 : geometry instanceof LineString ? 2 : 1;
  let isGone = false;
  change(geometry, number, (ring, at) => {
    isGone = ring.length > least;
    if (isGone) ring.splice(at, 1);
  });
  return isGone;
}

/** @param {Geometry} geometry @returns {number[][][]} rings without the corner that closes them; one for what has no rings */
function ringsOf(geometry) {
  if (geometry instanceof Polygon) return geometry.getCoordinates().map((ring) => ring.slice(0, -1));
  return [/** @type {number[][]} */ (geometry.getCoordinates())];
}

/** @param {Geometry} geometry @param {number} number @param {(ring: number[][], at: number) => void} act */
function change(geometry, number, act) {
  const rings = ringsOf(geometry);
  let at = number;
  const ring = rings.find((one) => {
    if (at < one.length) return true;
    at -= one.length;
    return false;
  });
  if (!ring) return;
  act(ring, at);
  if (geometry instanceof Polygon) geometry.setCoordinates(rings.map((one) => [...one, one[0]]));
  else geometry.setCoordinates(rings[0]);
}
