// Undo and redo. A step holds only the figures that it changed, as they were before and after.

/** @typedef {import('../api/types.js').Figure} Figure */
/** @typedef {Map<number, Figure | null>} State figures by their number; null where there is none */
/** @typedef {{ before: State, after: State }} Step */

/** Steps that can be taken back. */
const STEPS_MAX = 500;

export class History {
  /** @type {Step[]} */
  #past = [];
  /** @type {Step[]} */
  #future = [];

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** @param {Step} step */
  record(step) {
    this.#past.push(step);
    if (this.#past.length > STEPS_MAX) this.#past.shift();
    this.#future = [];
  }

  /** @returns {State | null} what to go back to */
  undo() {
    const step = this.#past.pop();
    if (!step) return null;
    this.#future.push(step);
    return step.before;
  }

  /** @returns {State | null} what to go forward to */
  redo() {
    const step = this.#future.pop();
    if (!step) return null;
    this.#past.push(step);
    return step.after;
  }

  clear() {
    this.#past = [];
    this.#future = [];
  }
}
