// What keys do to figures, beside what the pointer does: a cross draws, and arrow keys move a figure, its corners and its sides.

import { fromExtent } from 'ol/geom/Polygon.js';
import { cornersOf, moveCorner, removeCorner } from './corners.js';
import { Editor } from './editor.js';
import { boxBetween, moveInside } from './geometry.js';
import { Mark } from './mark.js';

export class KeyboardEditor extends Editor {
  /** The corner of the picked figure that keys move. @type {number | null} */
  #corner = null;
  #mark = new Mark(this.map);

  /** Takes the next corner of the picked figure into the keys' hands. @returns {boolean} whether it has corners */
  nextCorner() {
    const picked = this.picked;
    if (!picked || this.figures.facts(picked).shape === 'rectangle') return false;
    const count = cornersOf(picked.getGeometry()).length;
    this.#corner = this.#corner === null ? 0 : (this.#corner + 1) % count;
    this.putDown();
    return true;
  }

  /** Deletes the corner in hand, else the picked figure. @override */
  remove() {
    const [picked, corner] = [this.picked, this.#corner];
    if (!picked || corner === null) return super.remove();
    this.#corner = null;
    this.change([Number(picked.getId())], () => removeCorner(picked.getGeometry(), corner));
    return true;
  }

  /** Shows the cross, and moves it. @param {number} dx @param {number} dy in pixels of the picture */
  moveCross(dx, dy) {
    this.drawing.showCross();
    this.drawing.moveCross(dx, dy);
    this.tell();
  }

  /** Moves the corner in hand, else the picked figure, not beyond the picture. @param {number} dx @param {number} dy @returns {boolean} */
  move(dx, dy) {
    const picked = this.picked;
    if (!picked) return false;
    const [geometry, corner, { size }] = [picked.getGeometry(), this.#corner, this.figures];
    this.change([Number(picked.getId())], () => (corner === null ? moveInside(geometry, dx, dy, size) : moveCorner(geometry, corner, dx, dy, size)));
    return true;
  }

  /** Moves the right lower corner of the picked box. @param {number} dx @param {number} dy @returns {boolean} */
  resize(dx, dy) {
    const picked = this.picked;
    if (!picked || this.figures.facts(picked).shape !== 'rectangle') return false;
    const [left, bottom, right, top] = picked.getGeometry().getExtent();
    const corner = [Math.max(right + dx, left), Math.min(bottom + dy, top)];
    this.change([Number(picked.getId())], () => picked.setGeometry(fromExtent(boxBetween([left, top], corner, this.figures.size))));
    return true;
  }

  /** @protected @override */
  clearPick() {
    this.#corner = null;
    super.clearPick();
  }

  /** @protected @override */
  wasPicked() {
    this.#corner = null;
    super.wasPicked();
  }

  /** @protected @override @param {'state' | 'edit'} what */
  tell(what = 'state') {
    const corners = this.#corner === null || !this.picked ? [] : cornersOf(this.picked.getGeometry());
    this.#mark.show(corners[this.#corner ?? 0] ?? null);
    super.tell(what);
  }
}
