// Figures of the API as geometries of OpenLayers, and back. The API counts y downwards from the top, OpenLayers upwards.

import LineString from 'ol/geom/LineString.js';
import MultiPoint from 'ol/geom/MultiPoint.js';
import Polygon, { fromExtent } from 'ol/geom/Polygon.js';

/** @typedef {import('../api/types.js').Figure} Figure */
/** @typedef {import('../api/types.js').Shape} Shape */
/** @typedef {Polygon | LineString | MultiPoint} Geometry */
/** @typedef {{ width: number, height: number }} Size */

/** The smallest side of a box, in pixels. */
export const SIDE_MIN = 1;

/** @param {Figure} figure @param {Size} size @returns {Geometry} */
export function geometryOf({ shape, geometry }, { height }) {
  /** @param {number[]} point */
  const flip = ([x, y]) => [x, height - y];
  if ('width' in geometry) {
    const { x, y, width, height: h } = geometry;
    return fromExtent([x, height - y - h, x + width, height - y]);
  }
  if ('exterior' in geometry) {
    const rings = [geometry.exterior, ...(geometry.interior ?? [])];
    return new Polygon(rings.map((ring) => [...ring, ring[0]].map(flip)));
  }
  const points = geometry.points.map(flip);
  return shape === 'polyline' ? new LineString(points) : new MultiPoint(points);
}

/** @param {Shape} shape @param {Geometry} geometry @param {Size} size @returns {Figure['geometry']} */
export function figureGeometry(shape, geometry, { height }) {
  /** @param {number[]} point @returns {[number, number]} */
  const flip = ([x, y]) => [round(x), round(height - y)];
  if (shape === 'rectangle') {
    // The sides follow from the rounded corners: each rounded by itself, the box could end beyond the picture.
    const [left, bottom, right, top] = geometry.getExtent();
    const [[x, y], [farX, farY]] = [[left, top], [right, bottom]].map(flip);
    return { x, y, width: round(farX - x), height: round(farY - y) };
  }
  if (geometry instanceof Polygon) {
    const [exterior, ...interior] = geometry.getCoordinates().map((ring) => ring.slice(0, -1).map(flip));
    return { exterior, interior };
  }
  return { points: /** @type {number[][]} */ (geometry.getCoordinates()).map(flip) };
}

/** Hundredths of a pixel are as fine as a hand can be. @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}

/** @param {number[]} point @param {Size} size @returns {[number, number]} the nearest point of the picture */
export function inside([x, y], { width, height }) {
  return [clamp(x, 0, width), clamp(y, 0, height)];
}

/** @param {number} value @param {number} least @param {number} most */
export function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

/** Moves a geometry, but not out of the picture. @param {Geometry} geometry @param {number} dx @param {number} dy @param {Size} size */
export function moveInside(geometry, dx, dy, { width, height }) {
  const [left, bottom, right, top] = geometry.getExtent();
  geometry.translate(clamp(dx, -left, width - right), clamp(dy, -bottom, height - top));
}

/** Brings back into the picture what was drawn beyond its edge. @param {Geometry} geometry @param {Size} size */
export function keepInside(geometry, size) {
  const [left, bottom, right, top] = geometry.getExtent();
  if (left >= 0 && bottom >= 0 && right <= size.width && top <= size.height) return;
  if (geometry instanceof Polygon) {
    geometry.setCoordinates(geometry.getCoordinates().map((ring) => ring.map((point) => inside(point, size))));
  } else {
    geometry.setCoordinates(/** @type {number[][]} */ (geometry.getCoordinates()).map((point) => inside(point, size)));
  }
}

/** The box between two corners; at least one pixel wide and high. @param {number[]} one @param {number[]} other @param {Size} size */
export function boxBetween(one, other, size) {
  const [[x0, y0], [x1, y1]] = [inside(one, size), inside(other, size)];
  const [left, right] = apart(x0, x1, size.width);
  const [bottom, top] = apart(y0, y1, size.height);
  return [left, bottom, right, top];
}

/** @param {number} one @param {number} other @param {number} most @returns {[number, number]} the two in order, `SIDE_MIN` or more apart */
function apart(one, other, most) {
  const side = Math.min(SIDE_MIN, most);
  const least = clamp(Math.min(one, other), 0, most - side);
  return [least, Math.max(Math.max(one, other), least + side)];
}
