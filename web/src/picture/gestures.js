// How a pointer changes the picked figure: moves it as a whole, bends it at its corners, sizes it where it is a box.

import Collection from 'ol/Collection.js';
import { primaryAction } from 'ol/events/condition.js';
import Modify from 'ol/interaction/Modify.js';
import Translate from 'ol/interaction/Translate.js';
import { BoxHandles } from './box-handles.js';
import { PICK_PX } from './stage.js';

/** How near to a corner a pointer takes it, in pixels of the screen. */
const CORNER_PX = 10;

/** @typedef {import('./stage.js').Feature} Feature */
/** @typedef {{ map: import('ol/Map.js').default, size: () => { width: number, height: number }, isHeldBack: () => boolean, onStart: () => void, onEnd: () => void }} Options */

export class Gestures {
  /** The picked figure, where it is a box. @type {Feature | null} */
  #box = null;
  /** The picked figure, where it is none. @type {Collection<any>} */
  #freeform = new Collection();
  #all;

  /** @param {Options} options */
  constructor({ map, size, isHeldBack, onStart, onEnd }) {
    const translate = new Translate({ features: this.#freeform, hitTolerance: PICK_PX });
    const modify = new Modify({ features: this.#freeform, condition: (event) => primaryAction(event) && !isHeldBack(), pixelTolerance: CORNER_PX });
    const boxes = new BoxHandles({ size, box: () => (isHeldBack() ? null : this.#box), onStart, onEnd });
    translate.on('translatestart', onStart);
    translate.on('translateend', onEnd);
    modify.on('modifystart', onStart);
    modify.on('modifyend', onEnd);
    this.#all = [translate, modify, boxes];
    for (const interaction of this.#all) map.addInteraction(interaction);
  }

  /** @param {Feature | null} feature @param {boolean} isBox */
  take(feature, isBox) {
    this.#box = isBox ? feature : null;
    this.#freeform.clear();
    if (feature && !isBox) this.#freeform.push(feature);
  }

  /** @param {boolean} isActive */
  setActive(isActive) {
    for (const interaction of this.#all) interaction.setActive(isActive);
  }
}
