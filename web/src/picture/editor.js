// One picture and its figures under a person's hands. It knows nothing of leases, ranges or the network.

import Collection from 'ol/Collection.js';
import OlMap from 'ol/Map.js';
import { click, never, primaryAction } from 'ol/events/condition.js';
import LinearRing from 'ol/geom/LinearRing.js';
import DragPan from 'ol/interaction/DragPan.js';
import Modify from 'ol/interaction/Modify.js';
import Select from 'ol/interaction/Select.js';
import Translate from 'ol/interaction/Translate.js';
import { defaults } from 'ol/interaction/defaults.js';
import ImageLayer from 'ol/layer/Image.js';
import VectorLayer from 'ol/layer/Vector.js';
import { fromExtent } from 'ol/geom/Polygon.js';
import { BoxHandles } from './box-handles.js';
import { cornersOf, moveCorner, removeCorner } from './corners.js';
import { Drawing } from './drawing.js';
import { Mark } from './mark.js';
import { Figures } from './figures.js';
import { boxBetween, figureGeometry, keepInside, moveInside } from './geometry.js';
import { History } from './history.js';
import { figureStyle } from './styles.js';
import { Viewport } from './viewport.js';

/** @typedef {import('../api/types.js').Figure} Figure */
/** @typedef {import('../api/types.js').LabelClass} LabelClass */
/** @typedef {import('../api/types.js').Shape} Shape */
/** @typedef {import('../api/types.js').Tag} Tag */

/** How far from a figure a click still picks it, in pixels of the screen. */
const PICK_PX = 6;
/** More figures than these are drawn plainer, so that each step stays quick. */
const CROWDED = 500;

/**
 * Dispatches `edit` when figures have changed, and `state` when anything else that a page shows of it has: what is
 * picked, the class and the tool in hand.
 */
export class Editor extends EventTarget {
  figures = new Figures();
  /** @type {LabelClass} the class of what is drawn next */
  current;
  #classes;
  #positions;
  #map;
  #viewport;
  #drawing;
  #select;
  #history = new History();
  /** The picked figure, where it is no box. @type {Collection<any>} */
  #freeform = new Collection();
  /** What the figures of the gesture in progress were before it. @type {import('./history.js').State | null} */
  #before = null;
  #isSpaceHeld = false;
  /** @type {Shape} the shape for classes that take any */
  #freeShape = 'rectangle';
  #handles;
  /** The corner of the picked figure that keys move. @type {number | null} */
  #corner = null;
  #mark;

  /** @param {HTMLElement} target @param {LabelClass[]} classes */
  constructor(target, classes) {
    super();
    this.#classes = classes;
    this.#positions = new Map(classes.map(({ name }, position) => [name, position]));
    this.current = classes[0];
    const images = new ImageLayer({ className: 'picture-layer' });
    const vectors = new VectorLayer({ source: this.figures.source, style: (feature) => this.#style(feature, false), updateWhileInteracting: true, zIndex: 1 });
    const bare = { dragPan: false, doubleClickZoom: false, altShiftDragRotate: false, shiftDragZoom: false, pinchRotate: false, keyboard: false };
    this.#map = new OlMap({ target, controls: [], interactions: defaults(bare), layers: [images, vectors], moveTolerance: 3 });
    this.#map.addInteraction(new DragPan({ condition: (event) => this.#pans(event) }));
    this.#mark = new Mark(this.#map);
    this.#viewport = new Viewport(this.#map, images);
    this.#select = new Select({ layers: [vectors], style: (feature) => this.#style(feature, true), hitTolerance: PICK_PX, toggleCondition: never, condition: (event) => click(event) && !this.#isSpaceHeld });
    this.#select.on('select', () => this.#picked());
    this.#map.addInteraction(this.#select);
    this.#handles = this.#edits();
    this.#drawing = new Drawing({
      map: this.#map,
      source: this.figures.source,
      size: () => this.figures.size,
      mayDraw: (event) => !this.#isSpaceHeld && primaryAction(event),
      onStart: () => this.drawing.tool !== 'hole' && this.pick(null),
      onDrawn: (tool, geometry) => this.#drawn(tool, geometry),
    });
  }

  /** Moves, sizes and bends the picked figure while no tool is in hand. */
  #edits() {
    const translate = new Translate({ features: this.#freeform, hitTolerance: PICK_PX });
    const modify = new Modify({ features: this.#freeform, condition: (event) => primaryAction(event) && !this.#isSpaceHeld, pixelTolerance: 10 });
    const boxes = new BoxHandles({
      size: () => this.figures.size,
      box: () => (this.picked && this.figures.facts(this.picked).shape === 'rectangle' && !this.#isSpaceHeld ? this.picked : null),
      onStart: () => this.#begin(),
      onEnd: () => this.#end(),
    });
    translate.on('translatestart', () => this.#begin());
    translate.on('translateend', () => this.#end());
    modify.on('modifystart', () => this.#begin());
    modify.on('modifyend', () => this.#end());
    for (const interaction of [translate, modify, boxes]) this.#map.addInteraction(interaction);
    return [translate, modify, boxes];
  }

  /**
   * Shows a picture with its figures; nothing of the picture before can be undone any more.
   * @param {import('../api/pictures.js').Picture} picture
   * @param {Figure[]} figures
   * @param {{ width: number, height: number }} size
   */
  show(picture, figures, size) {
    this.#drawing.abort();
    this.#clearPick();
    this.#history.clear();
    this.figures.replace(figures, size);
    this.#viewport.show(picture, size);
    this.#tell('state');
  }

  /** Shows nothing. */
  clear() {
    this.#drawing.abort();
    this.#clearPick();
    this.#history.clear();
    this.figures.replace([], { width: 1, height: 1 });
    this.#viewport.clear();
    this.#tell('state');
  }

  /** Resolves when what was shown last is on the screen. */
  shown() {
    return new Promise((resolve) => this.#map.once('rendercomplete', () => resolve(undefined)));
  }

  dispose() {
    this.#map.setTarget(undefined);
    this.#map.dispose();
  }

  // What a page shows.

  get viewport() {
    return this.#viewport;
  }

  get drawing() {
    return this.#drawing;
  }

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
  }

  /** @returns {import('ol/Feature.js').default<any> | null} */
  get picked() {
    return this.#select.getFeatures().item(0) ?? null;
  }

  get pickedNumber() {
    return this.picked ? Number(this.picked.getId()) : null;
  }

  /** @returns {{ number: number, class: string, shape: Shape, tags: Tag[], position: number }[]} */
  get list() {
    return this.figures.all.map((feature) => {
      const facts = this.figures.facts(feature);
      return { number: Number(feature.getId()), ...facts, position: this.#positions.get(facts.class) ?? -1 };
    });
  }

  /** The shape that the class in hand is drawn in. @returns {Shape} */
  get shape() {
    return this.current.shape === 'any' ? this.#freeShape : this.current.shape;
  }

  // What a person does.

  /** Takes the class, for the picked figure or for the next one. @param {number} position @returns {boolean} whether there is such a class */
  takeClass(position) {
    const taken = this.#classes[position];
    if (!taken) return false;
    this.current = taken;
    const facts = this.picked && this.figures.facts(this.picked);
    if (this.picked && facts && (taken.shape === 'any' || taken.shape === facts.shape)) {
      const picked = this.picked;
      this.#change([Number(picked.getId())], () => picked.set('facts', { ...facts, class: taken.name }));
    } else {
      this.pick(null);
      this.#drawing.take(this.shape);
    }
    this.#tell('state');
    return true;
  }

  /** Takes the tool for a shape, and a class that goes with it. @param {Shape} shape @returns {boolean} whether a class takes it */
  takeShape(shape) {
    const fits = (/** @type {LabelClass} */ one) => one.shape === shape || one.shape === 'any';
    const taken = fits(this.current) ? this.current : this.#classes.find(fits);
    if (!taken) return false;
    this.current = taken;
    this.#freeShape = shape;
    this.pick(null);
    this.#drawing.take(shape);
    this.#tell('state');
    return true;
  }

  /** Draws holes into the picked polygon. @returns {boolean} whether a polygon is picked */
  takeHole() {
    if (!this.picked || this.figures.facts(this.picked).shape !== 'polygon') return false;
    this.#drawing.take('hole');
    this.#tell('state');
    return true;
  }

  /** Puts the tool down, so that figures can be picked and changed. */
  putDown() {
    this.#drawing.take(null);
    this.#tell('state');
  }

  /** @param {import('ol/Feature.js').default<any> | null} feature */
  pick(feature) {
    const picked = this.#select.getFeatures();
    if (feature === (picked.item(0) ?? null)) return;
    picked.clear();
    if (feature) picked.push(feature);
    this.#picked();
  }

  /** Picks from the list, which puts the tool down. @param {number} number */
  pickNumber(number) {
    this.putDown();
    this.pick(this.figures.get(number));
  }

  /** Picks the next figure, or the one before. @param {1 | -1} step @returns {boolean} whether there is one */
  pickNext(step) {
    const all = this.figures.all;
    const at = this.picked ? all.indexOf(this.picked) : step === 1 ? -1 : all.length;
    const next = all[at + step] ?? null;
    this.putDown();
    this.pick(next);
    return next !== null;
  }

  /** Takes the next corner of the picked figure into the keys' hands. @returns {boolean} whether it has corners */
  nextCorner() {
    const picked = this.picked;
    if (!picked || this.figures.facts(picked).shape === 'rectangle') return false;
    const count = cornersOf(picked.getGeometry()).length;
    this.#corner = this.#corner === null ? 0 : (this.#corner + 1) % count;
    this.putDown();
    return true;
  }

  /** Deletes the corner in hand, else the picked figure. */
  remove() {
    const picked = this.picked;
    if (!picked) return false;
    const corner = this.#corner;
    if (corner !== null) {
      this.#corner = null;
      this.#change([Number(picked.getId())], () => removeCorner(picked.getGeometry(), corner));
      return true;
    }
    this.#change([Number(picked.getId())], () => {
      this.#clearPick();
      this.figures.source.removeFeature(picked);
    });
    return true;
  }

  /** Shows the cross, and moves it. @param {number} dx @param {number} dy in pixels of the picture */
  moveCross(dx, dy) {
    this.#drawing.showCross();
    this.#drawing.moveCross(dx, dy);
    this.#tell('state');
  }

  /** Moves the corner in hand, else the picked figure, not beyond the picture. @param {number} dx @param {number} dy @returns {boolean} */
  move(dx, dy) {
    const picked = this.picked;
    if (!picked) return false;
    const [geometry, corner, { size }] = [picked.getGeometry(), this.#corner, this.figures];
    this.#change([Number(picked.getId())], () => (corner === null ? moveInside(geometry, dx, dy, size) : moveCorner(geometry, corner, dx, dy, size)));
    return true;
  }

  /** Moves the right lower corner of the picked box. @param {number} dx @param {number} dy @returns {boolean} */
  resize(dx, dy) {
    const picked = this.picked;
    if (!picked || this.figures.facts(picked).shape !== 'rectangle') return false;
    const [left, bottom, right, top] = picked.getGeometry().getExtent();
    const corner = [Math.max(right + dx, left), Math.min(bottom + dy, top)];
    this.#change([Number(picked.getId())], () => picked.setGeometry(fromExtent(boxBetween([left, top], corner, this.figures.size))));
    return true;
  }

  /** @param {Tag[]} tags of the picked figure */
  tag(tags) {
    const picked = this.picked;
    if (!picked) return;
    this.#change([Number(picked.getId())], () => picked.set('facts', { ...this.figures.facts(picked), tags }));
  }

  /** Puts these in the place of all figures, as one step that can be undone. @param {Figure[]} figures */
  replaceAll(figures) {
    const old = this.figures.all.map((feature) => Number(feature.getId()));
    const first = this.figures.nextNumber;
    const fresh = figures.map((_, at) => first + at);
    this.#change([...old, ...fresh], () => {
      this.#clearPick();
      this.figures.source.clear(true);
      for (const figure of figures) this.figures.add(figure);
    });
  }

  undo() {
    if (this.#drawing.stepBack()) return;
    this.#restore(this.#history.undo());
  }

  redo() {
    this.#restore(this.#history.redo());
  }

  /** While the space bar is held, the pointer moves the picture. @param {boolean} isHeld */
  holdSpace(isHeld) {
    this.#isSpaceHeld = isHeld;
    this.#map.getTargetElement()?.classList.toggle('grab', isHeld);
  }

  // What follows from it.

  /** @param {import('./drawing.js').Tool} tool @param {any} geometry */
  #drawn(tool, geometry) {
    keepInside(geometry, this.figures.size);
    if (tool === 'hole') return this.#addHole(geometry);
    const { size } = this.figures;
    const figure = { class: this.current.name, shape: tool, geometry: figureGeometry(tool, geometry, size) };
    const number = this.figures.nextNumber;
    this.#change([number], () => this.figures.add(figure));
    this.pick(this.figures.get(number));
  }

  /** @param {import('ol/geom/Polygon.js').default} outline */
  #addHole(outline) {
    const picked = this.picked;
    if (!picked) return;
    const ring = new LinearRing(outline.getCoordinates()[0]);
    this.#change([Number(picked.getId())], () => picked.getGeometry().appendLinearRing(ring));
  }

  /** Changes these figures as one step. @param {number[]} numbers @param {() => void} change */
  #change(numbers, change) {
    const before = this.figures.state(numbers);
    change();
    this.#history.record({ before, after: this.figures.state(numbers) });
    this.#tell('edit');
  }

  #begin() {
    this.#before = this.picked && this.figures.state([Number(this.picked.getId())]);
  }

  #end() {
    const before = this.#before;
    this.#before = null;
    if (!before || !this.picked) return;
    keepInside(this.picked.getGeometry(), this.figures.size);
    const after = this.figures.state(before.keys());
    if (JSON.stringify([...before]) === JSON.stringify([...after])) return;
    this.#history.record({ before, after });
    this.#tell('edit');
  }

  /** @param {import('./history.js').State | null} state */
  #restore(state) {
    if (!state) return;
    this.#clearPick();
    this.figures.restore(state);
    this.#tell('edit');
    this.#tell('state');
  }

  #clearPick() {
    this.#corner = null;
    this.#select.getFeatures().clear();
    this.#freeform.clear();
  }

  #picked() {
    const picked = this.picked;
    this.#corner = null;
    this.#freeform.clear();
    if (picked && this.figures.facts(picked).shape !== 'rectangle') this.#freeform.push(picked);
    this.#tell('state');
  }

  /** @param {'edit' | 'state'} what */
  #tell(what) {
    // With a tool in hand nothing below the pointer is grabbed.
    const isFree = this.#drawing.tool === null;
    for (const interaction of [this.#select, ...this.#handles]) interaction.setActive(isFree);
    this.#map.getTargetElement()?.classList.toggle('draws', !isFree);
    const corners = this.#corner === null || !this.picked ? [] : cornersOf(this.picked.getGeometry());
    this.#mark.show(corners[this.#corner ?? 0] ?? null);
    this.dispatchEvent(new Event(what));
  }

  /** @param {any} event */
  #pans(event) {
    const { button, pointerType } = event.originalEvent;
    if (this.#isSpaceHeld || button === 1) return true;
    if (event.activePointers?.length > 1) return true;
    return this.#drawing.tool !== 'rectangle' && primaryAction(event) && pointerType !== undefined;
  }

  /** @param {any} feature @param {boolean} isPicked */
  #style(feature, isPicked) {
    const look = isPicked ? 'picked' : this.figures.count > CROWDED ? 'crowded' : 'plain';
    return figureStyle(this.#positions.get(this.figures.facts(feature).class) ?? -1, look);
  }
}
