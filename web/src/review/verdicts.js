// Undo and redo of verdicts. A step holds the items that it decided, and the one that was before the reviewer.

/** @typedef {import('../api/types.js').Verdict} Verdict */
/** @typedef {{ at: number, before: Verdict | null, after: Verdict | null }} Change */
/** @typedef {{ at: number, changes: Change[] }} Step */

export class Verdicts {
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

  /** @param {number} at the item before the reviewer @param {Change[]} changes */
  record(at, changes) {
    this.#past.push({ at, changes });
    this.#future = [];
  }

  /** @returns {{ at: number, verdicts: [number, Verdict | null][] } | null} where to go, and what to go back to */
  undo() {
    return move(this.#past, this.#future, 'before');
  }

  /** @returns {{ at: number, verdicts: [number, Verdict | null][] } | null} where to go, and what to decide again */
  redo() {
    return move(this.#future, this.#past, 'after');
  }
}

/** @param {Step[]} from @param {Step[]} to @param {'before' | 'after'} side @returns {{ at: number, verdicts: [number, Verdict | null][] } | null} */
function move(from, to, side) {
  const step = from.pop();
  if (!step) return null;
  to.push(step);
  return { at: step.at, verdicts: step.changes.map((change) => [change.at, change[side]]) };
}
