// Labelling one item after another: brings the range's current item into the editor, and what is drawn into the range.

import { Showing } from '../lease/showing.js';

/** @typedef {import('../picture/keyboard-editor.js').KeyboardEditor} Editor */
/** @typedef {import('./range.js').Range} Range */
/** @typedef {import('../api/types.js').Annotation} Annotation */
/** @typedef {import('../api/types.js').Tag} Tag */

/** So many figures are written as a draft within a frame. */
const KEPT_AT_ONCE = 300;

/** @extends {Showing<Range, Editor>} */
export class Session extends Showing {
  /** Tags of the item before the person. @type {Tag[]} */
  tags = [];
  /** Whether everything is done and nothing in particular is being looked at. */
  isAtEnd = false;
  /** How many figures of the last item did not fit onto this picture. @type {{ cut: number, dropped: number } | null} */
  misfits = null;
  #isDraftDue = false;

  /** @param {import('./work.js').Work} work @param {Range} range */
  constructor(work, range) {
    super(work, range);
    this.tags = range.annotation(range.current).tags;
    addEventListener('pagehide', this.#keepDraft);
  }

  /** @override */
  close() {
    this.#keepDraft();
    removeEventListener('pagehide', this.#keepDraft);
    super.close();
  }

  get editor() {
    return this.stage;
  }

  /** @protected @override @param {HTMLElement} target */
  async load(target) {
    const { KeyboardEditor } = await import('../picture/keyboard-editor.js');
    const editor = new KeyboardEditor(target, this.range.lease.job.classes);
    editor.addEventListener('edit', () => this.#edited());
    editor.addEventListener('state', () => this.tell());
    return editor;
  }

  /** @override */
  show() {
    this.misfits = null;
    this.tags = this.range.annotation(this.range.current).tags;
    return super.show();
  }

  /** @protected @override @param {Editor} editor @param {import('../api/pictures.js').Picture} picture @param {{ width: number, height: number }} size */
  present(editor, picture, size) {
    const { current } = this.range;
    editor.show(picture, this.range.annotation(current).figures, size);
    editor.markSentBack(sentBack(current.item));
    if (!editor.drawing.tool) editor.takeClass(this.#classInHand());
  }

  #classInHand() {
    const name = this.editor?.current.name;
    return Math.max(0, this.range.lease.job.classes.findIndex((one) => one.name === name));
  }

  /** @param {number} at */
  go(at) {
    this.#keepDraft();
    this.isAtEnd = false;
    this.range.go(at);
    this.tell();
  }

  /** Saves the item and brings the next one that is not done; at the end, hands in. */
  save() {
    if (this.isAtEnd) return this.holding.handIn();
    if (!this.isReady || !this.editor || this.conflict) return;
    this.#finish({ figures: this.editor.figures.list, tags: this.tags });
  }

  /** What was saved elsewhere in the meantime. Nothing is saved over it until the person has chosen. */
  get conflict() {
    return this.range.current.theirs;
  }

  /** Goes on with what was saved elsewhere. */
  loadTheirs() {
    this.#isDraftDue = false;
    this.range.loadTheirs();
    this.show();
  }

  /** Saves what the person has in the place of what was saved elsewhere. */
  keepOwn() {
    this.range.keepOwn();
    const { skip } = this.range.annotation(this.range.current);
    if (skip) this.skip(skip.reason);
    else this.save();
  }

  /** @param {string} reason */
  skip(reason) {
    if (this.conflict) return;
    this.#finish({ figures: [], tags: [], skip: { reason } });
  }

  /** @param {Annotation} annotation */
  #finish(annotation) {
    this.#isDraftDue = false;
    // A disk that takes nothing is no reason not to send: the range goes on showing the item as unsent until it is sent.
    this.range.save(annotation).catch(() => {});
    const next = this.range.firstOpen();
    this.isAtEnd = next === null;
    if (next === null || next === this.range.at) this.show();
    else this.range.go(next);
    this.tell();
  }

  handIn() {
    return this.holding.handIn();
  }

  /** Begins with what the item before was given. */
  sameAsLast() {
    const { last } = this.range;
    if (!last || !this.isReady) return;
    this.tags = last.tags;
    this.misfits = this.editor?.replaceAll(last.figures) ?? null;
    this.tell();
  }

  /** @param {Tag[]} tags */
  tagItem(tags) {
    this.tags = tags;
    this.#edited();
  }

  /** The draft is kept at once. Of many figures it is kept when the change is on the screen, or before anything that needs it. */
  #edited() {
    this.isAtEnd = false;
    this.misfits = null;
    const isLong = (this.editor?.figures.count ?? 0) > KEPT_AT_ONCE;
    if (isLong && !this.#isDraftDue) requestAnimationFrame(() => setTimeout(() => this.#keepDraft()));
    this.#isDraftDue = true;
    if (!isLong) this.#keepDraft();
    this.tell();
  }

  #keepDraft = () => {
    if (!this.#isDraftDue) return;
    this.#isDraftDue = false;
    this.range.draft({ figures: this.editor?.figures.list ?? [], tags: this.tags });
  };
}

/** The figures that a reviewer sent back, as they were then: in a rework with nothing saved yet they come with the item. @param {import('../api/types.js').Item} item */
function sentBack({ annotation, revision, verdict }) {
  if (verdict?.verdict !== 'reject' || revision > 0) return [];
  return (verdict.figures ?? []).flatMap((position) => annotation?.figures[position] ?? []);
}
