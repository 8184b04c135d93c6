// Reviewing one item after another: shows the submission's current item, and carries verdicts on to the next one.

import { Showing } from '../lease/showing.js';
import { Comparison, numbers } from './comparison.js';
import { ACCEPT } from './submission.js';

/** @typedef {import('../picture/viewer.js').Viewer} Viewer */
/** @typedef {import('./submission.js').Submission} Submission */
/** @typedef {import('../api/types.js').Verdict} Verdict */

/** Figures that one verdict can name. */
const MARKED_MOST = 100;

/** @extends {Showing<Submission, Viewer>} */
export class Session extends Showing {
  /** Whether everything is decided and nothing in particular is being looked at. */
  isAtEnd = false;
  /** The rejection that was given last, for the next to repeat. @type {Verdict | null} */
  last = null;
  /** Numbers of the figures that the next rejection is about. @type {ReadonlySet<number>} */
  marked = new Set();
  comparison;

  /** @param {import('./review.js').Review} review @param {Submission} submission */
  constructor(review, submission) {
    super(review, submission);
    this.isAtEnd = submission.missing.length === 0;
    this.comparison = new Comparison(submission.lease, () => this.stage);
    this.#remark();
  }

  get viewer() {
    return this.stage;
  }

  get submission() {
    return this.range;
  }

  /** @protected @override @param {HTMLElement} target */
  async load(target) {
    const { Viewer } = await import('../picture/viewer.js');
    const viewer = new Viewer(target, this.submission.lease.job.classes);
    viewer.addEventListener('state', () => this.tell());
    viewer.addEventListener('use', (event) => this.toggleMark(/** @type {CustomEvent} */ (event).detail.number));
    return viewer;
  }

  /** @override */
  show() {
    this.comparison.show(null);
    // The picture before stands until the next one is there, and keeps its marks.
    this.marked = this.#told;
    return super.show();
  }

  /** @protected @override @param {Viewer} viewer @param {import('../api/pictures.js').Picture} picture @param {{ width: number, height: number }} size */
  present(viewer, picture, size) {
    const { item } = this.submission.current;
    viewer.show(picture, item.annotation?.figures ?? [], size, { keepsView: true });
    viewer.mark(this.marked);
    this.comparison.show({ item, picture, size });
  }

  /** Hides all figures, or shows them again. */
  hideFigures() {
    const isHidden = !this.viewer?.hidesFigures;
    this.viewer?.hideFigures(isHidden);
    this.comparison.hideFigures(isHidden);
  }

  /** Marks a figure, so that a rejection is about it, or takes the mark away. @param {number | null} number @returns {boolean} */
  toggleMark(number) {
    if (number === null || !this.isReady || this.isAtEnd) return false;
    const marked = new Set(this.marked);
    if (!marked.delete(number) && marked.size < MARKED_MOST) marked.add(number);
    this.#mark(marked);
    return true;
  }

  /** Takes all marks away. @returns {boolean} whether there were any */
  unmark() {
    if (this.marked.size === 0) return false;
    this.#mark(new Set());
    return true;
  }

  /** Whether figures are marked that no verdict is about yet. */
  get hasOpenMarks() {
    const told = this.#told;
    return [...this.marked].some((number) => !told.has(number));
  }

  /** Numbers of the figures that the verdict is about. */
  get #told() {
    return numbers(this.submission.current.verdict?.figures ?? []);
  }

  /** The marks are those of the verdict that was given. */
  #remark() {
    this.#mark(this.#told);
  }

  /** @param {ReadonlySet<number>} marked */
  #mark(marked) {
    this.marked = marked;
    if (this.isReady) this.viewer?.mark(marked);
    this.tell();
  }

  /** Nobody accepts what they have not seen, unless it was left out, nor what they have just marked as wrong. */
  get canAccept() {
    if (this.hasOpenMarks) return false;
    const isLeftOut = Boolean(this.submission.current.item.annotation?.skip);
    return !this.isAtEnd && (this.isReady || (isLeftOut && this.picture !== 'loading'));
  }

  /** @param {number} at */
  go(at) {
    this.isAtEnd = false;
    this.submission.go(at);
    this.tell();
  }

  /** Accepts the item; at the end, hands in. */
  accept() {
    if (this.isAtEnd) return this.handIn();
    if (this.canAccept) this.#decide(ACCEPT);
  }

  /** @param {string | null} reason @param {string | null} [comment] */
  reject(reason, comment = null) {
    this.last = { verdict: 'reject', reason, comment };
    this.#decide(this.#about(this.last));
  }

  /** Rejects the item with the last reason. @returns {boolean} whether there is one */
  rejectSame() {
    if (!this.last) return false;
    this.#decide(this.#about(this.last));
    return true;
  }

  /** The verdict with the figures that it is about. @param {Verdict} verdict @returns {Verdict} */
  #about(verdict) {
    if (this.marked.size === 0) return verdict;
    return { ...verdict, figures: [...this.marked].map((number) => number - 1).sort((one, other) => one - other) };
  }

  acceptRest() {
    if (this.hasOpenMarks) return;
    this.submission.acceptRest();
    this.isAtEnd = this.submission.missing.length === 0;
    this.tell();
  }

  undo() {
    this.#step(this.submission.undo());
  }

  redo() {
    this.#step(this.submission.redo());
  }

  handIn() {
    return this.holding.handIn();
  }

  /** @param {boolean} hasMoved */
  #step(hasMoved) {
    if (hasMoved) this.isAtEnd = false;
    this.#remark();
  }

  /** @param {Verdict} verdict */
  #decide(verdict) {
    if (this.picture === 'loading' || this.isAtEnd) return;
    this.submission.decide(verdict);
    const next = this.submission.firstOpen();
    this.isAtEnd = next === null;
    if (next !== null) this.submission.go(next);
    else this.#remark();
    this.tell();
  }
}
