// How figures look: a dark edge below the class's colour, so that each is seen on light and dark pictures alike.

import MultiPoint from 'ol/geom/MultiPoint.js';
import Point from 'ol/geom/Point.js';
import Polygon from 'ol/geom/Polygon.js';
import { Circle, Fill, RegularShape, Stroke, Style } from 'ol/style.js';
import { classColour } from './colours.js';

const EDGE = 'rgba(0, 0, 0, 0.55)';
/** Corners that are shown at most; a figure with more is moved as a whole or by the pointer. */
const CORNERS_MAX = 500;

/** The colour of what a reviewer rejects. */
const REJECT = '#d4281f';

/** @type {Map<string, Style[]>} */
const known = new Map();

/** @typedef {'plain' | 'crowded' | 'picked' | 'agreeing' | 'differing'} Look */

/**
 * @param {number} position of the figure's class in the job
 * @param {Look} look
 * @param {boolean} isMarked whether a verdict is about this figure
 * @returns {Style[]}
 */
export function figureStyle(position, look, isMarked) {
  const key = `${position} ${look} ${isMarked}`;
  let style = known.get(key);
  if (!style) {
    const colour = classColour(position);
    style = isMarked ? [...markLine, ...LOOKS[look](colour), ...markSign] : LOOKS[look](colour);
    known.set(key, style);
  }
  return style;
}

const LOOKS = { plain: plainStyle, crowded: crowdedStyle, picked: pickedStyle, agreeing: agreeingStyle, differing: differingStyle };

/** @param {string} colour */
function plainStyle(colour) {
  return [
    new Style({ stroke: new Stroke({ color: EDGE, width: 4 }), fill: new Fill({ color: `${colour}1f` }) }),
    new Style({ stroke: new Stroke({ color: colour, width: 2 }), image: dot(colour, 5) }),
  ];
}

/** One line and no fill: of many figures each is drawn at every step. @param {string} colour */
function crowdedStyle(colour) {
  return [new Style({ stroke: new Stroke({ color: colour, width: 2 }), image: dot(colour, 4) })];
}

/** Beside another opinion: what both say steps back. @param {string} colour */
function agreeingStyle(colour) {
  return [new Style({ stroke: new Stroke({ color: colour, width: 1 }), image: dot(colour, 3) })];
}

/** What only one of two opinions says: a dashed line, which is told from others without its colour. @param {string} colour */
function differingStyle(colour) {
  return [
    new Style({ stroke: new Stroke({ color: '#000000', width: 6 }), fill: new Fill({ color: `${colour}26` }) }),
    new Style({ stroke: new Stroke({ color: '#ffffff', width: 4 }) }),
    new Style({ stroke: new Stroke({ color: colour, width: 4, lineDash: [10, 8] }), image: dot(colour, 7) }),
  ];
}

/** @param {string} colour */
function pickedStyle(colour) {
  const handle = new RegularShape({
    points: 4, radius: 7, angle: Math.PI / 4, fill: new Fill({ color: '#ffffff' }), stroke: new Stroke({ color: '#000000', width: 1.5 }),
  });
  return [
    new Style({ stroke: new Stroke({ color: '#000000', width: 6 }), fill: new Fill({ color: `${colour}40` }) }),
    new Style({ stroke: new Stroke({ color: '#ffffff', width: 4 }), image: dot(colour, 9) }),
    new Style({ stroke: new Stroke({ color: colour, width: 2 }) }),
    new Style({ image: handle, geometry: corners }),
  ];
}

/** @param {string} colour @param {number} radius */
function dot(colour, radius) {
  return new Circle({ radius, fill: new Fill({ color: colour }), stroke: new Stroke({ color: '#000000', width: 1.5 }) });
}

/** A wide line below a figure that a verdict is about. */
const markLine = [
  new Style({ stroke: new Stroke({ color: '#ffffff', width: 14 }) }),
  new Style({ stroke: new Stroke({ color: REJECT, width: 10 }) }),
];
/** A cross at its upper right corner, which is told from others without its colour. */
const markSign = [
  new Style({ geometry: upperRight, image: new Circle({ radius: 11, fill: new Fill({ color: REJECT }), stroke: new Stroke({ color: '#ffffff', width: 2 }) }), zIndex: 1 }),
  new Style({ geometry: upperRight, image: new RegularShape({ points: 4, radius: 8, radius2: 0, angle: Math.PI / 4, stroke: new Stroke({ color: '#ffffff', width: 2.5 }) }), zIndex: 1 }),
];

/** @param {any} feature */
function upperRight(feature) {
  const geometry = feature.getGeometry();
  const points = geometry instanceof Polygon ? geometry.getCoordinates()[0] : geometry.getCoordinates();
  return new Point(points.reduce((/** @type {number[]} */ best, /** @type {number[]} */ one) => (one[0] + one[1] > best[0] + best[1] ? one : best)));
}

/** @param {any} feature */
function corners(feature) {
  const geometry = feature.getGeometry();
  if (geometry instanceof MultiPoint) return undefined;
  const points = geometry instanceof Polygon ? geometry.getCoordinates().flatMap((ring) => ring.slice(1)) : geometry.getCoordinates();
  return points.length <= CORNERS_MAX ? new MultiPoint(points) : undefined;
}

/** What is being drawn. */
export const sketchStyle = [
  new Style({ stroke: new Stroke({ color: '#000000', width: 4 }), fill: new Fill({ color: 'rgba(255, 255, 255, 0.15)' }) }),
  new Style({ stroke: new Stroke({ color: '#ffffff', width: 2, lineDash: [6, 4] }), image: dot('#ffffff', 5) }),
];
