// One picture with its figures on the screen: shown, zoomed, moved, and one of the figures picked. It knows nothing of
// leases, ranges or the network.

import OlMap from 'ol/Map.js';
import { click, never } from 'ol/events/condition.js';
import DragPan from 'ol/interaction/DragPan.js';
import Select from 'ol/interaction/Select.js';
import { defaults } from 'ol/interaction/defaults.js';
import ImageLayer from 'ol/layer/Image.js';
import VectorLayer from 'ol/layer/Vector.js';
import { Figures } from './figures.js';
import { figureStyle } from './styles.js';
import { Viewport } from './viewport.js';

/** @typedef {import('../api/types.js').Figure} Figure */
/** @typedef {import('../api/types.js').LabelClass} LabelClass */
/** @typedef {import('../api/types.js').Shape} Shape */
/** @typedef {import('../api/types.js').Tag} Tag */
/** @typedef {import('ol/Feature.js').default<any>} Feature */

/** How far from a figure a click still picks it, in pixels of the screen. */
export const PICK_PX = 6;
/** More figures than these are drawn plainer, so that each step stays quick. */
const CROWDED = 500;
/** What a picture alone needs of the library's gestures: the wheel and two fingers. */
const GESTURES = { dragPan: false, doubleClickZoom: false, altShiftDragRotate: false, shiftDragZoom: false, pinchRotate: false, keyboard: false };

/** Dispatches `state` when what a page shows of it has changed. */
export class Stage extends EventTarget {
  figures = new Figures();
  /** @protected */
  classes;
  /** @protected */
  map;
  /** @protected */
  select;
  /** @protected */
  isSpaceHeld = false;
  /** Numbers of the figures that a verdict is about. @type {ReadonlySet<number>} */
  #marked = new Set();
  /** Beside another opinion, the numbers of the figures that it does not have. @type {ReadonlySet<number> | null} */
  #differing = null;
  #viewport;
  #positions;
  #vectors;

  /** @param {HTMLElement} target @param {LabelClass[]} classes */
  constructor(target, classes) {
    super();
    this.classes = classes;
    this.#positions = new Map(classes.map(({ name }, position) => [name, position]));
    const images = new ImageLayer({ className: 'picture-layer' });
    this.#vectors = new VectorLayer({ source: this.figures.source, style: (feature) => this.#style(feature, false), updateWhileInteracting: true, zIndex: 1 });
    this.map = new OlMap({ target, controls: [], interactions: defaults(GESTURES), layers: [images, this.#vectors], moveTolerance: 3 });
    this.map.addInteraction(new DragPan({ condition: (event) => this.pans(event) }));
    this.#viewport = new Viewport(this.map, images);
    this.select = new Select({
      layers: [this.#vectors], style: (feature) => this.#style(feature, true), hitTolerance: PICK_PX, toggleCondition: never,
      condition: (event) => click(event) && !this.isSpaceHeld,
    });
    this.select.on('select', () => this.wasPicked());
    this.map.addInteraction(this.select);
  }

  /**
   * Shows a picture with its figures.
   * @param {import('../api/pictures.js').Picture} picture
   * @param {Figure[]} figures
   * @param {{ width: number, height: number }} size
   * @param {{ keepsView?: boolean }} [options] whether zoom and place stay as they were at the picture before
   */
  show(picture, figures, size, { keepsView = false } = {}) {
    this.clearPick();
    this.#marked = new Set();
    this.#differing = null;
    this.figures.replace(figures, size);
    this.#viewport.show(picture, size, keepsView);
    if (figures.length > CROWDED) this.map.once('rendercomplete', () => this.#prepareHits());
    this.tell();
  }

  /** The first look for what is below a pointer takes long where there are many figures, so it comes before the pointer moves. */
  #prepareHits() {
    const [width, height] = this.map.getSize() ?? [0, 0];
    this.map.hasFeatureAtPixel([width / 2, height / 2], { hitTolerance: PICK_PX });
  }

  /** Shows nothing. */
  clear() {
    this.clearPick();
    this.figures.replace([], { width: 1, height: 1 });
    this.#viewport.clear();
    this.tell();
  }

  /** Resolves when what was shown last is on the screen. */
  shown() {
    return new Promise((resolve) => this.map.once('rendercomplete', () => resolve(undefined)));
  }

  dispose() {
    this.#viewport.leave();
    this.map.setTarget(undefined);
    this.map.dispose();
  }

  get viewport() {
    return this.#viewport;
  }

  /** @returns {Feature | null} */
  get picked() {
    return this.select.getFeatures().item(0) ?? null;
  }

  get pickedNumber() {
    return this.picked ? Number(this.picked.getId()) : null;
  }

  /** @returns {{ number: number, class: string, shape: Shape, tags: Tag[], position: number, isMarked: boolean, differs: boolean }[]} */
  get list() {
    return this.figures.all.map((feature) => {
      const facts = this.figures.facts(feature);
      const number = Number(feature.getId());
      const differs = this.#differing?.has(number) ?? false;
      return { number, ...facts, position: this.#positions.get(facts.class) ?? -1, isMarked: this.isMarked(feature), differs };
    });
  }

  /** Marks the figures that a verdict is about. @param {ReadonlySet<number>} numbers */
  mark(numbers) {
    this.#marked = numbers;
    this.redraw();
  }

  /** Tells figures apart by whether another opinion has them too; null where nothing is compared. @param {ReadonlySet<number> | null} numbers those that it does not have */
  tellApart(numbers) {
    this.#differing = numbers;
    this.redraw();
  }

  /** @protected */
  redraw() {
    this.#vectors.changed();
    this.tell();
  }

  /** @protected @param {Feature} feature @returns {boolean} */
  isMarked(feature) {
    return this.#marked.has(Number(feature.getId()));
  }

  get hidesFigures() {
    return !this.#vectors.getVisible();
  }

  /** Hides the figures, or shows them again: what is below them may be the question. @param {boolean} isHidden */
  hideFigures(isHidden) {
    this.#vectors.setVisible(!isHidden);
    this.tell();
  }

  /** @param {Feature | null} feature */
  pick(feature) {
    const picked = this.select.getFeatures();
    if (feature === (picked.item(0) ?? null)) return;
    picked.clear();
    if (feature) picked.push(feature);
    this.wasPicked();
  }

  /** Picks from the list. @param {number} number */
  pickNumber(number) {
    this.pick(this.figures.get(number));
  }

  /** Picks the next figure, or the one before. @param {1 | -1} step @returns {boolean} whether there is one */
  pickNext(step) {
    const all = this.figures.all;
    const at = this.picked ? all.indexOf(this.picked) : step === 1 ? -1 : all.length;
    const next = all[at + step] ?? null;
    this.pick(next);
    return next !== null;
  }

  /** While the space bar is held, the pointer moves the picture. @param {boolean} isHeld */
  holdSpace(isHeld) {
    this.isSpaceHeld = isHeld;
    this.map.getTargetElement()?.classList.toggle('grab', isHeld);
  }

  /** @protected */
  clearPick() {
    this.select.getFeatures().clear();
  }

  /** Another figure is picked, or none. @protected */
  wasPicked() {
    this.tell();
  }

  /** Whether a drag that begins so moves the picture. @protected @param {any} event */
  pans(event) {
    return event.activePointers?.length > 1 || [0, 1].includes(event.originalEvent.button);
  }

  /** @protected @param {'state' | 'edit'} what */
  tell(what = 'state') {
    this.dispatchEvent(new Event(what));
  }

  /** @param {any} feature @param {boolean} isPicked */
  #style(feature, isPicked) {
    const look = isPicked ? 'picked' : this.#look(Number(feature.getId()));
    return figureStyle(this.#positions.get(this.figures.facts(feature).class) ?? -1, look, this.isMarked(feature));
  }

  /** @param {number} number */
  #look(number) {
    if (this.#differing) return this.#differing.has(number) ? 'differing' : 'agreeing';
    return this.figures.count > CROWDED ? 'crowded' : 'plain';
  }
}
