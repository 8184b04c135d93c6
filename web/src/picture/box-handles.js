// Moves and sizes the picked box: by its corners, its sides, or as a whole. It stays a box.

import { fromExtent } from 'ol/geom/Polygon.js';
import PointerInteraction from 'ol/interaction/Pointer.js';
import { boxBetween, moveInside } from './geometry.js';

/** How near to a side a pointer takes it, in pixels of the screen. */
const REACH_PX = { mouse: 8, touch: 18 };

/** @typedef {{ size: () => { width: number, height: number }, box: () => import('ol/Feature.js').default<any> | null, onStart: () => void, onEnd: () => void }} Options */
/** What is held: -1 is the left or lower side, 1 the right or upper, 0 neither. @typedef {{ x: -1 | 0 | 1, y: -1 | 0 | 1 }} Grip */

export class BoxHandles extends PointerInteraction {
  /** @type {Grip | null} */
  #grip = null;
  /** @type {number[]} */
  #last = [0, 0];
  #options;

  /** @param {Options} options */
  constructor(options) {
    super();
    this.#options = options;
  }

  /** @override @param {any} event */
  handleDownEvent(event) {
    if (this.targetPointers.length > 1 || event.originalEvent.button !== 0) return false;
    this.#grip = this.#gripAt(event);
    if (!this.#grip) return false;
    this.#last = event.coordinate;
    this.#options.onStart();
    return true;
  }

  /** @override @param {any} event */
  handleDragEvent(event) {
    const box = this.#options.box();
    if (!box || !this.#grip) return;
    const [dx, dy] = [event.coordinate[0] - this.#last[0], event.coordinate[1] - this.#last[1]];
    this.#last = event.coordinate;
    if (this.#grip.x === 0 && this.#grip.y === 0) moveInside(box.getGeometry(), dx, dy, this.#options.size());
    else this.#pull(box, event.coordinate);
  }

  /** @override */
  handleUpEvent() {
    this.#grip = null;
    this.#options.onEnd();
    return false;
  }

  /** @override @param {any} event */
  handleMoveEvent(event) {
    event.map.getTargetElement().dataset.grip = cursor(this.#gripAt(event));
  }

  /** @param {import('ol/Feature.js').default<any>} box @param {number[]} point */
  #pull(box, [x, y]) {
    const grip = /** @type {Grip} */ (this.#grip);
    const [left, bottom, right, top] = box.getGeometry().getExtent();
    const fixed = [grip.x === -1 ? right : left, grip.y === -1 ? top : bottom];
    const pulled = [grip.x === 0 ? right : x, grip.y === 0 ? top : y];
    box.setGeometry(fromExtent(boxBetween(fixed, pulled, this.#options.size())));
    // A side that was pulled past the other one is that other side from now on.
    this.#grip = {
      x: grip.x === 0 ? 0 : x < fixed[0] ? -1 : 1,
      y: grip.y === 0 ? 0 : y < fixed[1] ? -1 : 1,
    };
  }

  /** @param {any} event @returns {Grip | null} */
  #gripAt(event) {
    const box = this.#options.box();
    if (!box) return null;
    const reach = REACH_PX[event.originalEvent.pointerType === 'touch' ? 'touch' : 'mouse'] * event.map.getView().getResolution();
    const [left, bottom, right, top] = box.getGeometry().getExtent();
    const [x, y] = event.coordinate;
    if (x < left - reach || x > right + reach || y < bottom - reach || y > top + reach) return null;
    return { x: side(x, left, right, reach), y: side(y, bottom, top, reach) };
  }
}

/** @param {number} at @param {number} low @param {number} high @param {number} reach @returns {-1 | 0 | 1} */
function side(at, low, high, reach) {
  const [toLow, toHigh] = [Math.abs(at - low), Math.abs(at - high)];
  // The middle half of a small box is for moving it.
  const near = Math.max(Math.min(reach, (high - low) / 4), reach / 4);
  if (toLow > near && toHigh > near && at > low && at < high) return 0;
  return toLow < toHigh ? -1 : 1;
}

/** @param {Grip | null} grip */
function cursor(grip) {
  if (!grip) return '';
  if (grip.x === 0 && grip.y === 0) return 'move';
  if (grip.x === 0) return 'vertical';
  if (grip.y === 0) return 'horizontal';
  return grip.x === grip.y ? 'rising' : 'falling';
}
