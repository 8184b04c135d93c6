// Draws a box: by two clicks, or by a drag. A second finger gives the box up, for it wants to zoom.

import Feature from 'ol/Feature.js';
import { fromExtent } from 'ol/geom/Polygon.js';
import PointerInteraction from 'ol/interaction/Pointer.js';
import { boxBetween } from './geometry.js';

/** A pointer that moved less far than this between down and up has clicked. In pixels of the screen. */
const CLICK_PX = 5;
/** The shortest longer side of a box that somebody meant to draw, in pixels of the screen. */
const MEANT_PX = 3;

/** @typedef {{ size: () => { width: number, height: number }, mayDraw: (event: any) => boolean, onStart: () => void, onBox: (geometry: any) => void }} Options */

export class BoxTool extends PointerInteraction {
  /** @type {number[] | null} where the box begins */
  #corner = null;
  /** @type {number[] | null} where the pointer went down, on the screen */
  #down = null;
  /** Whether the first corner stood already when the pointer went down. */
  #isSecondClick = false;
  #preview = new Feature();
  #options;
  #sketch;

  /** @param {import('ol/source/Vector.js').default<any>} sketch where the box is shown as it grows @param {Options} options */
  constructor(sketch, options) {
    super({ stopDown: () => false });
    this.#options = options;
    this.#sketch = sketch;
  }

  get isDrawing() {
    return this.#corner !== null;
  }

  /** Gives up what has been begun. */
  abort() {
    this.#corner = null;
    this.#down = null;
    this.#sketch.clear(true);
  }

  /** Sets a corner: the first, or the one that completes the box. @param {number[]} point */
  place(point) {
    if (this.#corner) return this.#finish(point);
    this.#corner = point;
    this.#options.onStart();
    this.#show(point);
  }

  /** Shows the box up to here. @param {number[]} point */
  reach(point) {
    if (this.#corner) this.#show(point);
  }

  /** @override @param {any} event */
  handleDownEvent(event) {
    if (!this.#options.mayDraw(event) || this.targetPointers.length > 1) return false;
    this.#isSecondClick = this.#corner !== null;
    this.#down = event.pixel;
    if (!this.#corner) this.place(event.coordinate);
    return true;
  }

  /** @override @param {any} event */
  handleDragEvent(event) {
    if (this.targetPointers.length > 1) this.abort();
    else this.reach(event.coordinate);
  }

  /** @override @param {any} event */
  handleMoveEvent(event) {
    this.reach(event.coordinate);
  }

  /** @override @param {any} event */
  handleUpEvent(event) {
    if (this.#down && this.#corner && (this.#isSecondClick || this.#hasMoved(event.pixel))) this.#finish(event.coordinate);
    this.#down = null;
    return false;
  }

  /** @param {number[]} pixel */
  #hasMoved([x, y]) {
    const [x0, y0] = this.#down ?? [x, y];
    return Math.hypot(x - x0, y - y0) > CLICK_PX;
  }

  /** @param {number[]} point */
  #finish(point) {
    const corner = /** @type {number[]} */ (this.#corner);
    this.abort();
    if (!this.#isMeant(corner, point)) return;
    this.#options.onBox(fromExtent(boxBetween(corner, point, this.#options.size())));
  }

  /** Whether somebody has drawn a box there, and not clicked twice in one place or beside the picture. @param {number[]} one @param {number[]} other */
  #isMeant([x0, y0], [x1, y1]) {
    const { width, height } = this.#options.size();
    const isBeside = Math.max(x0, x1) <= 0 || Math.min(x0, x1) >= width || Math.max(y0, y1) <= 0 || Math.min(y0, y1) >= height;
    const least = MEANT_PX * (this.getMap()?.getView().getResolution() ?? 1);
    return !isBeside && (Math.abs(x1 - x0) >= least || Math.abs(y1 - y0) >= least);
  }

  /** @param {number[]} point */
  #show(point) {
    const box = boxBetween(/** @type {number[]} */ (this.#corner), point, this.#options.size());
    this.#preview.setGeometry(fromExtent(box));
    if (this.#sketch.getFeatures().length === 0) this.#sketch.addFeature(this.#preview);
  }
}
