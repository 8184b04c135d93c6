// The figures of one picture: each has a number, which is its place in the list and stays with it through undo.

import Feature from 'ol/Feature.js';
import VectorSource from 'ol/source/Vector.js';
import { figureGeometry, geometryOf } from './geometry.js';

/** @typedef {import('../api/types.js').Figure} Figure */
/** @typedef {import('./history.js').State} State */
/** @typedef {{ class: string, shape: import('../api/types.js').Shape, tags: import('../api/types.js').Tag[] }} Facts */

export class Figures {
  source = new VectorSource();
  #count = 0;
  size = { width: 1, height: 1 };
  #next = 1;
  /** Features as figures, for as long as they stay as they were. @type {WeakMap<Feature<any>, { revision: number, figure: Figure }>} */
  #known = new WeakMap();

  constructor() {
    this.source.on('change', () => (this.#count = this.source.getFeatures().length));
  }

  /** @param {Figure[]} figures @param {{ width: number, height: number }} size */
  replace(figures, size) {
    this.size = size;
    this.#next = 1;
    this.source.clear(true);
    this.source.addFeatures(figures.map((figure) => this.#feature(this.#next++, figure)));
  }

  /** @param {Figure} figure @returns {Feature<any>} */
  add(figure) {
    const feature = this.#feature(this.#next++, figure);
    this.source.addFeature(feature);
    return feature;
  }

  /** @param {number} number @returns {Feature<any> | null} */
  get(number) {
    return /** @type {Feature<any> | null} */ (this.source.getFeatureById(number));
  }

  /** The number that the next figure gets. */
  get nextNumber() {
    return this.#next;
  }

  /** @returns {Feature<any>[]} in the order of the list */
  get all() {
    return this.source.getFeatures().sort((one, other) => Number(one.getId()) - Number(other.getId()));
  }

  get count() {
    return this.#count;
  }

  /** @returns {Figure[]} */
  get list() {
    return this.all.map((feature) => this.figure(feature));
  }

  /** @param {Feature<any>} feature @returns {Facts} */
  facts(feature) {
    return feature.get('facts');
  }

  /** @param {Feature<any>} feature @returns {Figure} */
  figure(feature) {
    const revision = feature.getRevision();
    const known = this.#known.get(feature);
    if (known?.revision === revision) return known.figure;
    const figure = this.#written(feature);
    this.#known.set(feature, { revision, figure });
    return figure;
  }

  /** @param {Feature<any>} feature @returns {Figure} */
  #written(feature) {
    const { class: name, shape, tags } = this.facts(feature);
    const geometry = figureGeometry(shape, feature.getGeometry(), this.size);
    return { class: name, shape, geometry, ...(tags.length > 0 && { tags }) };
  }

  /** @param {Iterable<number>} numbers @returns {State} */
  state(numbers) {
    return new Map([...numbers].map((number) => {
      const feature = this.get(number);
      return [number, feature && this.figure(feature)];
    }));
  }

  /** @param {State} state */
  restore(state) {
    for (const [number, figure] of state) {
      const feature = this.get(number);
      if (feature) this.source.removeFeature(feature);
      if (figure) this.source.addFeature(this.#feature(number, figure));
    }
  }

  /** @param {number} number @param {Figure} figure */
  #feature(number, figure) {
    const facts = { class: figure.class, shape: figure.shape, tags: figure.tags ?? [] };
    const feature = new Feature({ geometry: geometryOf(figure, this.size), facts });
    feature.setId(number);
    return feature;
  }
}
