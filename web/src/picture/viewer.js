// A picture and its figures for reading: they can be picked, marked and hidden, and are never changed.

import { click } from 'ol/events/condition.js';
import { PICK_PX, Stage } from './stage.js';

/** Dispatches `use` with `detail.number` when a figure is clicked, also where it is picked already. */
export class Viewer extends Stage {
  /** @param {HTMLElement} target @param {import('../api/types.js').LabelClass[]} classes */
  constructor(target, classes) {
    super(target, classes);
    this.map.on('click', (event) => click(event) && !this.isSpaceHeld && this.#use(event.pixel));
  }

  /** @param {number[]} pixel */
  #use(pixel) {
    const feature = this.map.forEachFeatureAtPixel(pixel, (found) => found, { hitTolerance: PICK_PX });
    if (feature) this.dispatchEvent(new CustomEvent('use', { detail: { number: Number(feature.getId()) } }));
  }
}
