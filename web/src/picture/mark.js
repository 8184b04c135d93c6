// Marks the corner that keys move.

import Feature from 'ol/Feature.js';
import Point from 'ol/geom/Point.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorSource from 'ol/source/Vector.js';
import { Circle, Stroke, Style } from 'ol/style.js';

/** @param {string} color @param {number} width */
const ring = (color, width) => new Style({ image: new Circle({ radius: 12, stroke: new Stroke({ color, width }) }) });

export class Mark {
  #point = new Point([0, 0]);
  #layer;

  /** @param {import('ol/Map.js').default} map */
  constructor(map) {
    const source = new VectorSource({ features: [new Feature(this.#point)] });
    this.#layer = new VectorLayer({ source, style: [ring('#000000', 5), ring('#ffffff', 2)], visible: false, zIndex: 3 });
    map.addLayer(this.#layer);
  }

  /** @param {number[] | null} at */
  show(at) {
    if (at) this.#point.setCoordinates(at);
    this.#layer.setVisible(at !== null);
  }
}
