// Side by side: what others said of the item, or what was said in a former round, beside the submission.

import { opinions } from '../api/reviews.js';
import { EXACT, HANDS, differences } from './differences.js';

/** @typedef {import('../picture/viewer.js').Viewer} Viewer */
/** @typedef {import('../api/pictures.js').Picture} Picture */
/** @typedef {import('../api/types.js').Opinion} Opinion */
/** @typedef {import('../api/types.js').Lease} Lease */
/** @typedef {{ item: import('../api/types.js').Item, picture: Picture, size: { width: number, height: number } }} Shown */

/** Items whose opinions are kept. */
const KEPT_MOST = 8;
/** Where this browser keeps whether both are shown. */
const OPEN = 'swath.side_by_side';

/** Dispatches `change` when what is shown has. */
export class Comparison extends EventTarget {
  /** @type {Opinion[]} */
  opinions = [];
  /** Nothing is asked for while there is no picture. @type {'idle' | 'loading' | 'known' | 'failed'} */
  state = 'idle';
  /** Which of the opinions is shown. */
  at = 0;
  /** How many figures of the submission the opinion does not have, and the other way round. */
  differing = 0;
  #lease;
  #leader;
  /** @type {Viewer | null} */
  #viewer = null;
  /** @type {Shown | null} */
  #shown = null;
  #isOpen = localStorage.getItem(OPEN) === 'yes';
  /** By the item's number. @type {Map<number, Promise<Opinion[]>>} */
  #known = new Map();

  /** @param {Lease} lease of the review @param {() => Viewer | null} leader what shows the submission */
  constructor(lease, leader) {
    super();
    this.#lease = lease;
    this.#leader = leader;
  }

  /** Whether there may be anything to compare with. */
  get isPossible() {
    const { job, assignment } = this.#lease;
    return (job.slots ?? 1) > 1 || assignment.round > 1;
  }

  get isOpen() {
    return this.#isOpen && this.isPossible;
  }

  /** @returns {Opinion | null} */
  get opinion() {
    return this.opinions[this.at] ?? null;
  }

  /** Opens it, or closes it. @returns {boolean} whether there may be anything to compare with */
  toggle() {
    if (!this.isPossible) return false;
    this.#isOpen = !this.#isOpen;
    localStorage.setItem(OPEN, this.#isOpen ? 'yes' : 'no');
    this.#look();
    this.#tell();
    return true;
  }

  /** Goes from opinion to opinion. @returns {boolean} whether there is another one */
  next() {
    if (!this.isOpen || this.opinions.length < 2) return false;
    this.at = (this.at + 1) % this.opinions.length;
    this.#draw();
    return true;
  }

  /** Puts it into its place on the page. @param {HTMLElement} target */
  async mount(target) {
    const { Viewer } = await import('../picture/viewer.js');
    const leader = this.#leader();
    if (!target.isConnected || !leader) return;
    this.#viewer = new Viewer(target, this.#lease.job.classes);
    this.#viewer.viewport.follow(leader.viewport);
    this.#viewer.hideFigures(leader.hidesFigures);
    this.#draw();
  }

  unmount() {
    this.#viewer?.dispose();
    this.#viewer = null;
    this.#leader()?.tellApart(null);
  }

  /** Another item is before the reviewer. @param {Shown | null} shown null while its picture is not there */
  show(shown) {
    this.#shown = shown;
    this.state = 'idle';
    this.opinions = [];
    this.at = 0;
    this.#look();
  }

  /** Hides the figures here too, or shows them again. @param {boolean} isHidden */
  hideFigures(isHidden) {
    this.#viewer?.hideFigures(isHidden);
  }

  /** Asks again. */
  retry() {
    this.#look();
  }

  /** Finds out what else is said of the item. */
  async #look() {
    const shown = this.#shown;
    if (!this.isOpen || !shown) return;
    this.state = 'loading';
    this.#draw();
    try {
      const found = await this.#opinions(shown.item.index);
      if (shown !== this.#shown) return;
      this.opinions = found;
      this.state = 'known';
    } catch {
      if (shown !== this.#shown) return;
      this.state = 'failed';
    }
    this.#draw();
  }

  /** @param {number} index */
  #opinions(index) {
    const known = this.#known.get(index) ?? opinions(this.#lease.lease_id, index);
    this.#known.delete(index);
    this.#known.set(index, known);
    known.catch(() => this.#known.delete(index));
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT_MOST) this.#known.delete(oldest);
    return known;
  }

  #draw() {
    const [leader, viewer, shown, opinion] = [this.#leader(), this.#viewer, this.#shown, this.opinion];
    if (leader && viewer && shown) {
      const [own, other] = [shown.item.annotation?.figures ?? [], opinion?.annotation?.figures ?? []];
      viewer.show(shown.picture, other, shown.size);
      viewer.mark(numbers(opinion?.verdict?.figures ?? []));
      const apart = opinion && differences(own, other, this.#isFormer(opinion) ? EXACT : HANDS);
      viewer.tellApart(apart && numbers(apart.others));
      leader.tellApart(apart && numbers(apart.ones));
      this.differing = apart ? apart.ones.length + apart.others.length : 0;
    }
    this.#tell();
  }

  /** Whether it is the same person's word in a former round. @param {Opinion} opinion */
  #isFormer({ slot }) {
    return slot === this.#lease.assignment.slot;
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}

/** Numbers of figures by their positions. @param {number[]} positions @returns {Set<number>} */
export function numbers(positions) {
  return new Set(positions.map((position) => position + 1));
}
