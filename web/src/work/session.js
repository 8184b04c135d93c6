// Labelling one item after another: brings the range's current item into the editor, and what is drawn into the range.

import { Turned } from '../api/pictures.js';

/** @typedef {import('../picture/editor.js').Editor} Editor */
/** @typedef {import('../api/types.js').Annotation} Annotation */
/** @typedef {import('../api/types.js').Tag} Tag */

/** So many figures are written as a draft within a frame. */
const KEPT_AT_ONCE = 300;

/** Dispatches `change` when what is shown has. */
export class Session extends EventTarget {
  /** @type {Editor | null} */
  editor = null;
  /** @type {'loading' | 'shown' | 'failed' | 'turned'} */
  picture = 'loading';
  /** Tags of the item before the person. @type {Tag[]} */
  tags = [];
  /** Whether everything is done and nothing in particular is being looked at. */
  isAtEnd = false;
  #work;
  #range;
  /** Counts the items shown, so that a picture that comes late is not shown. */
  #turn = 0;
  #isOver = false;
  #isDraftDue = false;

  /** @param {import('./work.js').Work} work @param {import('./range.js').Range} range */
  constructor(work, range) {
    super();
    this.#work = work;
    this.#range = range;
    this.tags = range.annotation(range.current).tags;
    range.addEventListener('move', this.#moved);
    addEventListener('online', this.#online);
    addEventListener('pagehide', this.#keepDraft);
  }

  close() {
    this.#keepDraft();
    this.#isOver = true;
    removeEventListener('pagehide', this.#keepDraft);
    this.#range.removeEventListener('move', this.#moved);
    removeEventListener('online', this.#online);
    this.editor?.dispose();
    this.editor = null;
  }

  get range() {
    return this.#range;
  }

  get isReady() {
    return this.picture === 'shown';
  }

  /** @param {HTMLElement} target */
  async mount(target) {
    const { Editor } = await import('../picture/editor.js');
    if (this.#isOver) return;
    const editor = new Editor(target, this.#range.lease.job.classes);
    editor.addEventListener('edit', () => this.#edited());
    editor.addEventListener('state', () => this.#tell());
    this.editor = editor;
    await this.show();
  }

  /** Shows the current item. */
  async show() {
    const { editor } = this;
    if (!editor) return;
    const turn = ++this.#turn;
    const entry = this.#range.current;
    const annotation = this.#range.annotation(entry);
    this.tags = annotation.tags;
    this.picture = 'loading';
    this.#work.pictures.keep(this.#range.wanted);
    try {
      const picture = await this.#load(entry);
      if (turn !== this.#turn || this.#isOver) return;
      editor.show(picture, annotation.figures, { width: picture.naturalWidth, height: picture.naturalHeight });
      this.picture = 'shown';
      if (!editor.drawing.tool) editor.takeClass(this.#classInHand());
    } catch (error) {
      if (turn !== this.#turn || this.#isOver) return;
      editor.clear();
      this.picture = error instanceof Turned ? 'turned' : 'failed';
    }
    this.#tell();
  }

  /** @param {import('./range.js').Entry} entry */
  async #load(entry) {
    try {
      return await this.#work.pictures.get(entry.item);
    } catch (error) {
      if (error instanceof Turned) throw error;
      // The address may have run out: a new one is asked for, once.
      const item = await this.#work.refresh(entry);
      return this.#work.pictures.get(item ?? entry.item);
    }
  }

  #classInHand() {
    const name = this.editor?.current.name;
    return Math.max(0, this.#range.lease.job.classes.findIndex((one) => one.name === name));
  }

  /** @param {number} at */
  go(at) {
    this.#keepDraft();
    this.isAtEnd = false;
    this.#range.go(at);
    this.#tell();
  }

  /** Saves the item and brings the next one that is not done; at the end, hands in. */
  save() {
    if (this.isAtEnd) return this.#work.handIn();
    if (!this.isReady || !this.editor) return;
    this.#finish({ figures: this.editor.figures.list, tags: this.tags });
  }

  /** @param {string} reason */
  skip(reason) {
    this.#finish({ figures: [], tags: [], skip: { reason } });
  }

  /** @param {Annotation} annotation */
  #finish(annotation) {
    this.#isDraftDue = false;
    // A disk that takes nothing is no reason not to send: the range goes on showing the item as unsent until it is sent.
    this.#range.save(annotation).catch(() => {});
    const next = this.#range.firstOpen();
    this.isAtEnd = next === null;
    if (next === null || next === this.#range.at) this.show();
    else this.#range.go(next);
    this.#tell();
  }

  handIn() {
    return this.#work.handIn();
  }

  /** Begins with what the item before was given. */
  sameAsLast() {
    const { last } = this.#range;
    if (!last || !this.isReady) return;
    this.tags = last.tags;
    this.editor?.replaceAll(last.figures);
  }

  /** @param {Tag[]} tags */
  tagItem(tags) {
    this.tags = tags;
    this.#edited();
  }

  /** The draft is kept at once. Of many figures it is kept when the change is on the screen, or before anything that needs it. */
  #edited() {
    this.isAtEnd = false;
    const isLong = (this.editor?.figures.count ?? 0) > KEPT_AT_ONCE;
    if (isLong && !this.#isDraftDue) requestAnimationFrame(() => setTimeout(() => this.#keepDraft()));
    this.#isDraftDue = true;
    if (!isLong) this.#keepDraft();
    this.#tell();
  }

  #keepDraft = () => {
    if (!this.#isDraftDue) return;
    this.#isDraftDue = false;
    this.#range.draft({ figures: this.editor?.figures.list ?? [], tags: this.tags });
  };

  #moved = () => {
    this.show();
  };

  #online = () => {
    if (this.picture === 'failed') this.show();
  };

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}
