// A picture and its figures under a person's hands: drawn, changed, and every change taken back.

import { primaryAction } from 'ol/events/condition.js';
import LinearRing from 'ol/geom/LinearRing.js';
import { Changes } from './changes.js';
import { clipAll } from './clip.js';
import { Drawing } from './drawing.js';
import { FigureSet } from './figure-set.js';
import { Gestures } from './gestures.js';
import { figureGeometry, keepInside } from './geometry.js';
import { Stage } from './stage.js';

/** @typedef {import('../api/types.js').Figure} Figure */
/** @typedef {import('../api/types.js').LabelClass} LabelClass */
/** @typedef {import('../api/types.js').Shape} Shape */
/** @typedef {import('../api/types.js').Tag} Tag */

/**
 * Dispatches `edit` when figures have changed, and `state` when anything else that a page shows of it has: what is
 * picked, the class and the tool in hand.
 */
export class Editor extends Stage {
  /** @type {LabelClass} the class of what is drawn next */
  current;
  #drawing;
  #gestures;
  #changes = new Changes(this.figures);
  /** @type {Shape} the shape for classes that take any */
  #freeShape = 'rectangle';
  /** What a reviewer sent back, as it was then. @type {FigureSet} */
  #sentBack = new FigureSet([], { width: 1, height: 1 });

  /** @param {HTMLElement} target @param {LabelClass[]} classes */
  constructor(target, classes) {
    super(target, classes);
    this.current = classes[0];
    const size = () => this.figures.size;
    this.#gestures = new Gestures({ map: this.map, size, isHeldBack: () => this.isSpaceHeld, onStart: () => this.#begin(), onEnd: () => this.#end() });
    this.#drawing = new Drawing({
      map: this.map,
      source: this.figures.source,
      size,
      mayDraw: (event) => !this.isSpaceHeld && primaryAction(event),
      onStart: () => this.drawing.tool !== 'hole' && this.pick(null),
      onDrawn: (tool, geometry) => this.#drawn(tool, geometry),
    });
  }

  /**
   * Shows a picture with its figures; nothing of the picture before can be undone any more.
   * @override
   * @param {import('../api/pictures.js').Picture} picture
   * @param {Figure[]} figures
   * @param {{ width: number, height: number }} size
   */
  show(picture, figures, size) {
    this.#drawing.abort();
    this.#changes.clear();
    super.show(picture, figures, size);
  }

  /** Marks figures that a reviewer sent back, for as long as they are what they were. @param {Figure[]} figures */
  markSentBack(figures) {
    this.#sentBack = new FigureSet(figures, this.figures.size);
    this.redraw();
  }

  /** @protected @override @param {any} feature */
  isMarked(feature) {
    return this.#sentBack.has(this.figures.figure(feature));
  }

  /** @override */
  clear() {
    this.#drawing.abort();
    this.#changes.clear();
    super.clear();
  }

  // What a page shows.

  get drawing() {
    return this.#drawing;
  }

  get canUndo() {
    return this.#changes.canUndo;
  }

  get canRedo() {
    return this.#changes.canRedo;
  }

  /** The shape that the class in hand is drawn in. @returns {Shape} */
  get shape() {
    return this.current.shape === 'any' ? this.#freeShape : this.current.shape;
  }

  // What a person does.

  /** Takes the class, for the picked figure or for the next one. @param {number} position @returns {boolean} whether there is such a class */
  takeClass(position) {
    const taken = this.classes[position];
    if (!taken) return false;
    this.current = taken;
    const facts = this.picked && this.figures.facts(this.picked);
    if (this.picked && facts && (taken.shape === 'any' || taken.shape === facts.shape)) {
      const picked = this.picked;
      this.change([Number(picked.getId())], () => picked.set('facts', { ...facts, class: taken.name }));
    } else {
      this.pick(null);
      this.#drawing.take(this.shape);
    }
    this.tell();
    return true;
  }

  /** Takes the tool for a shape, and a class that goes with it. @param {Shape} shape @returns {boolean} whether a class takes it */
  takeShape(shape) {
    const fits = (/** @type {LabelClass} */ one) => one.shape === shape || one.shape === 'any';
    const taken = fits(this.current) ? this.current : this.classes.find(fits);
    if (!taken) return false;
    this.current = taken;
    this.#freeShape = shape;
    this.pick(null);
    this.#drawing.take(shape);
    this.tell();
    return true;
  }

  /** Draws holes into the picked polygon. @returns {boolean} whether a polygon is picked */
  takeHole() {
    if (!this.picked || this.figures.facts(this.picked).shape !== 'polygon') return false;
    this.#drawing.take('hole');
    this.tell();
    return true;
  }

  /** Puts the tool down, so that figures can be picked and changed. */
  putDown() {
    this.#drawing.take(null);
    this.tell();
  }

  /** Picks from the list, which puts the tool down. @override @param {number} number */
  pickNumber(number) {
    this.putDown();
    super.pickNumber(number);
  }

  /** @override @param {1 | -1} step */
  pickNext(step) {
    this.putDown();
    return super.pickNext(step);
  }

  /** Deletes the picked figure. @returns {boolean} whether one is picked */
  remove() {
    const picked = this.picked;
    if (!picked) return false;
    this.change([Number(picked.getId())], () => {
      this.clearPick();
      this.figures.source.removeFeature(picked);
    });
    return true;
  }

  /** @param {Tag[]} tags of the picked figure */
  tag(tags) {
    const picked = this.picked;
    if (!picked) return;
    this.change([Number(picked.getId())], () => picked.set('facts', { ...this.figures.facts(picked), tags }));
  }

  /**
   * Puts these in the place of all figures, as one step that can be undone, as far as they lie within the picture.
   * @param {Figure[]} all
   * @returns {{ cut: number, dropped: number }} how many were cut, and how many lie outside
   */
  replaceAll(all) {
    const { figures, cut, dropped } = clipAll(all, this.figures.size);
    const old = this.figures.all.map((feature) => Number(feature.getId()));
    const first = this.figures.nextNumber;
    const fresh = figures.map((_, at) => first + at);
    this.change([...old, ...fresh], () => {
      this.clearPick();
      this.figures.source.clear(true);
      for (const figure of figures) this.figures.add(figure);
    });
    return { cut, dropped };
  }

  undo() {
    if (this.#drawing.stepBack() || !this.canUndo) return;
    this.clearPick();
    this.#changes.undo();
    this.#edited();
  }

  redo() {
    if (!this.canRedo) return;
    this.clearPick();
    this.#changes.redo();
    this.#edited();
  }

  // What follows from it.

  /** @param {import('./drawing.js').Tool} tool @param {any} geometry */
  #drawn(tool, geometry) {
    keepInside(geometry, this.figures.size);
    if (tool === 'hole') return this.#addHole(geometry);
    const { size } = this.figures;
    const figure = { class: this.current.name, shape: tool, geometry: figureGeometry(tool, geometry, size) };
    const number = this.figures.nextNumber;
    this.change([number], () => this.figures.add(figure));
    this.pick(this.figures.get(number));
  }

  /** @param {import('ol/geom/Polygon.js').default} outline */
  #addHole(outline) {
    const picked = this.picked;
    if (!picked) return;
    const ring = new LinearRing(outline.getCoordinates()[0]);
    this.change([Number(picked.getId())], () => picked.getGeometry().appendLinearRing(ring));
  }

  /** Changes these figures as one step. @protected @param {number[]} numbers @param {() => void} change */
  change(numbers, change) {
    this.#changes.make(numbers, change);
    this.tell('edit');
  }

  #begin() {
    this.#changes.begin(this.picked ? [Number(this.picked.getId())] : []);
  }

  #end() {
    if (this.picked) keepInside(this.picked.getGeometry(), this.figures.size);
    if (this.#changes.end()) this.tell('edit');
  }

  #edited() {
    this.tell('edit');
    this.tell();
  }

  /** @protected @override */
  clearPick() {
    super.clearPick();
    this.#gestures.take(null, false);
  }

  /** @protected @override */
  wasPicked() {
    const { picked } = this;
    this.#gestures.take(picked, picked !== null && this.figures.facts(picked).shape === 'rectangle');
    this.tell();
  }

  /** @protected @override @param {'state' | 'edit'} what */
  tell(what = 'state') {
    // With a tool in hand nothing below the pointer is grabbed.
    const isFree = this.#drawing.tool === null;
    this.select.setActive(isFree);
    this.#gestures.setActive(isFree);
    this.map.getTargetElement()?.classList.toggle('draws', !isFree);
    super.tell(what);
  }

  /** @protected @override @param {any} event */
  pans(event) {
    const { button, pointerType } = event.originalEvent;
    if (this.isSpaceHeld || button === 1) return true;
    if (event.activePointers?.length > 1) return true;
    return this.#drawing.tool !== 'rectangle' && primaryAction(event) && pointerType !== undefined;
  }
}
