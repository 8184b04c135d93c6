// Changes of the figures, each as a step that can be taken back.

import { History } from './history.js';

export class Changes {
  #figures;
  #history = new History();
  /** What the figures of the gesture in progress were before it. @type {import('./history.js').State | null} */
  #before = null;

  /** @param {import('./figures.js').Figures} figures */
  constructor(figures) {
    this.#figures = figures;
  }

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
  }

  /** Forgets all steps. */
  clear() {
    this.#history.clear();
    this.#before = null;
  }

  /** Changes these figures as one step. @param {number[]} numbers @param {() => void} change */
  make(numbers, change) {
    const before = this.#figures.state(numbers);
    change();
    this.#history.record({ before, after: this.#figures.state(numbers) });
  }

  /** A gesture begins to change these figures. @param {number[]} numbers */
  begin(numbers) {
    this.#before = this.#figures.state(numbers);
  }

  /** The gesture has ended. @returns {boolean} whether it has changed anything */
  end() {
    const before = this.#before;
    this.#before = null;
    if (!before) return false;
    const after = this.#figures.state(before.keys());
    if (JSON.stringify([...before]) === JSON.stringify([...after])) return false;
    this.#history.record({ before, after });
    return true;
  }

  undo() {
    this.#restore(this.#history.undo());
  }

  redo() {
    this.#restore(this.#history.redo());
  }

  /** @param {import('./history.js').State | null} state */
  #restore(state) {
    if (state) this.#figures.restore(state);
  }
}
