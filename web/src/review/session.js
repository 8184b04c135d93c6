// Reviewing one item after another: shows the submission's current item, and carries verdicts on to the next one.

import { Showing } from '../lease/showing.js';
import { ACCEPT } from './submission.js';

/** @typedef {import('../picture/viewer.js').Viewer} Viewer */
/** @typedef {import('./submission.js').Submission} Submission */
/** @typedef {import('../api/types.js').Verdict} Verdict */

/** @extends {Showing<Submission, Viewer>} */
export class Session extends Showing {
  /** Whether everything is decided and nothing in particular is being looked at. */
  isAtEnd = false;
  /** The rejection that was given last, for the next to repeat. @type {Verdict | null} */
  last = null;

  /** @param {import('./review.js').Review} review @param {Submission} submission */
  constructor(review, submission) {
    super(review, submission);
    this.isAtEnd = submission.missing.length === 0;
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
    return viewer;
  }

  /** @protected @override @param {Viewer} viewer @param {import('../api/pictures.js').Picture} picture @param {{ width: number, height: number }} size */
  present(viewer, picture, size) {
    viewer.show(picture, this.submission.current.item.annotation?.figures ?? [], size, { keepsView: true });
  }

  /** Nobody accepts what they have not seen, unless it was left out. */
  get canAccept() {
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
    this.#decide(this.last);
  }

  /** Rejects the item with the last reason. @returns {boolean} whether there is one */
  rejectSame() {
    if (!this.last) return false;
    this.#decide(this.last);
    return true;
  }

  acceptRest() {
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
    this.tell();
  }

  /** @param {Verdict} verdict */
  #decide(verdict) {
    if (this.picture === 'loading' || this.isAtEnd) return;
    this.submission.decide(verdict);
    const next = this.submission.firstOpen();
    this.isAtEnd = next === null;
    if (next !== null) this.submission.go(next);
    this.tell();
  }
}
