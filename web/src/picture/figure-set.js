// Figures by what they are, not by which they are: one that is drawn again in the same way is the same.

import { figureGeometry, geometryOf } from './geometry.js';

/** @typedef {import('../api/types.js').Figure} Figure */
/** @typedef {import('./geometry.js').Size} Size */

export class FigureSet {
  /** @type {Set<string>} */
  #keys;
  /** Figures that were asked for, so that each is written out once. @type {WeakMap<Figure, boolean>} */
  #asked = new WeakMap();

  /** @param {Figure[]} figures as the server has them @param {Size} size of their picture */
  constructor(figures, size) {
    // The editor writes hundredths of a pixel, so these are written as the editor would.
    const written = (/** @type {Figure} */ figure) => ({ ...figure, geometry: figureGeometry(figure.shape, geometryOf(figure, size), size) });
    this.#keys = new Set(figures.map((figure) => key(written(figure))));
  }

  /** @param {Figure} figure as the editor writes it */
  has(figure) {
    if (this.#keys.size === 0) return false;
    let isIn = this.#asked.get(figure);
    if (isIn === undefined) {
      isIn = this.#keys.has(key(figure));
      this.#asked.set(figure, isIn);
    }
    return isIn;
  }
}

/** Class and tags may be put right without the figure being drawn anew, so they count too. @param {Figure} figure */
function key({ class: name, shape, geometry, tags }) {
  return JSON.stringify([name, shape, geometry, (tags ?? []).map((tag) => [tag.name, tag.value ?? null])]);
}
