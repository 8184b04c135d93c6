// A cross on the picture that keys move, for who draws without a pointer.

import Feature from 'ol/Feature.js';
import Point from 'ol/geom/Point.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorSource from 'ol/source/Vector.js';
import { RegularShape, Stroke, Style } from 'ol/style.js';
import { inside } from './geometry.js';

/** @param {string} color @param {number} width */
const arms = (color, width) => new Style({ image: new RegularShape({ points: 4, radius: 16, radius2: 0, stroke: new Stroke({ color, width }) }) });

export class Cross {
  #map;
  #size;
  #point = new Point([0, 0]);
  #layer;

  /** @param {import('ol/Map.js').default} map @param {() => { width: number, height: number }} size */
  constructor(map, size) {
    this.#map = map;
    this.#size = size;
    const source = new VectorSource({ features: [new Feature(this.#point)] });
    this.#layer = new VectorLayer({ source, style: [arms('#000000', 5), arms('#ffffff', 2)], visible: false, zIndex: 3 });
    map.addLayer(this.#layer);
  }

  get isShown() {
    return this.#layer.getVisible();
  }

  get at() {
    return this.#point.getCoordinates();
  }

  /** Shows it in the middle of what is seen. */
  show() {
    if (this.isShown) return;
    this.#point.setCoordinates(inside(this.#map.getView().getCenter() ?? [0, 0], this.#size()).map(Math.round));
    this.#layer.setVisible(true);
  }

  hide() {
    this.#layer.setVisible(false);
  }

  /** @param {number} dx @param {number} dy */
  move(dx, dy) {
    const [x, y] = this.at;
    this.#point.setCoordinates(inside([x + dx, y + dy], this.#size()));
    return this.at;
  }
}
