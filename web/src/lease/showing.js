// Brings the picture of the item before a person onto the screen, and says where there is none and why.

import { Turned, sizeOf } from '../api/pictures.js';

/** @typedef {import('../picture/stage.js').Stage} Stage */
/** @typedef {import('../api/types.js').Annotation} Annotation */
/** @typedef {import('../api/types.js').Item} Item */
/** @typedef {import('./holding.js').Held & EventTarget & { current: { item: Item }, wanted: Item[] }} Shown */

/** Dispatches `change` when what is shown has. @template {Shown} T @template {Stage} S */
export class Showing extends EventTarget {
  /** @type {S | null} */
  stage = null;
  /** @type {'loading' | 'shown' | 'failed' | 'turned'} */
  picture = 'loading';
  /** @protected */
  isOver = false;
  #holding;
  #range;
  /** Counts the items shown, so that a picture that comes late is not shown. */
  #turn = 0;

  /** @param {import('./holding.js').Holding<T>} holding @param {T} range */
  constructor(holding, range) {
    super();
    this.#holding = holding;
    this.#range = range;
    range.addEventListener('move', this.#moved);
    addEventListener('online', this.#online);
  }

  close() {
    this.isOver = true;
    this.#range.removeEventListener('move', this.#moved);
    removeEventListener('online', this.#online);
    this.stage?.dispose();
    this.stage = null;
  }

  /** @protected */
  get holding() {
    return this.#holding;
  }

  get range() {
    return this.#range;
  }

  get isReady() {
    return this.picture === 'shown';
  }

  /** Puts the picture into its place on the page. @param {HTMLElement} target */
  async mount(target) {
    const stage = await this.load(target);
    if (this.isOver) return stage.dispose();
    this.stage = stage;
    await this.show();
  }

  /** Shows the current item. */
  async show() {
    const { stage } = this;
    if (!stage) return;
    const turn = ++this.#turn;
    const entry = this.#range.current;
    this.picture = 'loading';
    this.#holding.pictures.keep(this.#range.wanted);
    try {
      const picture = await this.#load(entry);
      if (turn !== this.#turn || this.isOver) return;
      this.present(stage, picture, sizeOf(picture));
      this.picture = 'shown';
      this.#holding.report(entry.item, sizeOf(picture));
    } catch (error) {
      if (turn !== this.#turn || this.isOver) return;
      stage.clear();
      this.picture = error instanceof Turned ? 'turned' : 'failed';
      if (this.picture === 'failed' && navigator.onLine) this.#holding.report(entry.item, null);
    }
    this.tell();
  }

  /** Makes what shows pictures. @protected @param {HTMLElement} target @returns {Promise<S>} */
  load(target) {
    throw new Error(`nothing shows pictures in ${target.tagName}`);
  }

  /** @protected @param {S} stage @param {import('../api/pictures.js').Picture} picture @param {{ width: number, height: number }} size */
  present(stage, picture, size) {
    stage.show(picture, [], size);
  }

  /** @protected */
  tell() {
    this.dispatchEvent(new Event('change'));
  }

  /** @param {{ item: Item }} entry */
  async #load(entry) {
    try {
      return await this.#holding.pictures.get(entry.item);
    } catch (error) {
      if (error instanceof Turned) throw error;
      // The address may have run out: a new one is asked for, once.
      const item = await this.#holding.refresh(entry);
      return this.#holding.pictures.get(item ?? entry.item);
    }
  }

  #moved = () => {
    this.show();
  };

  #online = () => {
    if (this.picture === 'failed') this.show();
  };
}
