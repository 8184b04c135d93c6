// The submission that a reviewer holds: its items, the verdict on each, and which one is before them.

import { LeaseItems } from '../lease/items.js';
import { itemsOfLease } from '../outbox/store.js';
import { Verdicts } from './verdicts.js';

/** @typedef {import('../api/types.js').Item} Item */
/** @typedef {import('../api/types.js').Lease} Lease */
/** @typedef {import('../api/types.js').Verdict} Verdict */
/** @typedef {import('../outbox/outbox.js').Outbox} Outbox */
/** @typedef {'open' | 'accepted' | 'rejected'} State */

/**
 * @typedef {object} Entry
 * @property {Item} item
 * @property {Verdict | null} saved what the server has
 * @property {Verdict | null} verdict what the reviewer sees; null where they have not decided, or took it back
 * @property {boolean} isUnsent whether the verdict is on its way
 * @property {string} refusal what the server said against it
 */

/** @type {Verdict} */
export const ACCEPT = { verdict: 'accept', reason: null, comment: null };

/** @extends {LeaseItems<Entry>} */
export class Submission extends LeaseItems {
  #verdicts = new Verdicts();

  /** @param {Lease} lease @param {Outbox} outbox */
  constructor(lease, outbox) {
    super(lease, outbox, (item) => ({ item, saved: item.verdict, verdict: item.verdict, isUnsent: false, refusal: '' }));
  }

  /** A submission with what this browser has kept of it. @param {Lease} lease @param {Outbox} outbox @param {string} user */
  static async open(lease, outbox, user) {
    const submission = new Submission(lease, outbox);
    const kept = await itemsOfLease(user, lease.lease_id).catch(() => []);
    for (const { index, verdict, state, refusal } of kept) {
      const entry = submission.entry(index);
      if (entry && verdict !== undefined) Object.assign(entry, { verdict, isUnsent: state === 'unsent', refusal: refusal ?? '' });
    }
    submission.catchUp();
    submission.at = submission.missing[0] ?? 0;
    return submission;
  }

  get rejected() {
    return this.entries.filter((entry) => stateOf(entry) === 'rejected').length;
  }

  /** @param {Entry} entry */
  isOpen(entry) {
    return stateOf(entry) === 'open';
  }

  /** Verdicts that the server does not have, should any not have been sent. */
  get left() {
    return this.entries.flatMap(({ item, saved, verdict }) => (verdict && verdict !== saved ? [{ index: item.index, ...verdict }] : []));
  }

  /** Decides on the item before the reviewer. @param {Verdict} verdict */
  decide(verdict) {
    const { at } = this;
    this.#verdicts.record(at, [{ at, before: this.current.verdict, after: verdict }]);
    this.#put([[at, verdict]]);
  }

  /** Accepts all that is not decided, as one step that can be taken back. */
  acceptRest() {
    const changes = this.missing.map((at) => ({ at, before: null, after: ACCEPT }));
    if (changes.length === 0) return;
    this.#verdicts.record(this.at, changes);
    this.#put(changes.map(({ at, after }) => [at, after]));
  }

  get canUndo() {
    return this.#verdicts.canUndo;
  }

  get canRedo() {
    return this.#verdicts.canRedo;
  }

  /** @returns {boolean} whether a verdict was taken back */
  undo() {
    return this.#restore(this.#verdicts.undo());
  }

  /** @returns {boolean} */
  redo() {
    return this.#restore(this.#verdicts.redo());
  }

  /** @param {{ at: number, verdicts: [number, Verdict | null][] } | null} step */
  #restore(step) {
    if (!step) return false;
    this.#put(step.verdicts);
    this.go(step.at);
    return true;
  }

  /** @param {[number, Verdict | null][]} verdicts by the position of the item */
  #put(verdicts) {
    /** @type {Record<'send' | 'takeBack' | 'forget', import('../outbox/outbox.js').Sent[]>} */
    const places = { send: [], takeBack: [], forget: [] };
    for (const [at, verdict] of verdicts) {
      const entry = this.entries[at];
      // The server cannot forget a verdict, so this browser remembers that it was taken back.
      const way = verdict ? 'send' : entry.saved !== null || entry.isUnsent ? 'takeBack' : 'forget';
      places[way].push({ lease: this.id, index: entry.item.index, place: at + 1, job: this.lease.job.title, revision: null, verdict });
      Object.assign(entry, { verdict, isUnsent: verdict !== null, refusal: '' });
    }
    for (const way of /** @type {const} */ (['send', 'takeBack', 'forget'])) {
      // A disk that takes nothing is no reason not to send.
      if (places[way].length > 0) this.outbox[way](...places[way]).catch(() => {});
    }
    this.dispatchEvent(new Event('change'));
  }

  /** @param {Entry} entry @param {{ kept: any, isNewest: boolean }} detail */
  taken(entry, { kept, isNewest }) {
    entry.saved = kept.verdict;
    if (isNewest) Object.assign(entry, { isUnsent: false, verdict: kept.verdict });
  }

  /** @param {Entry} entry */
  isBehind(entry) {
    return entry.saved === null || entry.isUnsent;
  }

  /** @param {Entry} entry @param {{ kept: any }} detail */
  refused(entry, { kept }) {
    Object.assign(entry, { isUnsent: false, refusal: kept.refusal });
  }
}

/** A verdict that the server refused decides nothing. @param {Entry} entry @returns {State} */
export function stateOf(entry) {
  if (!entry.verdict || entry.refusal) return 'open';
  return entry.verdict.verdict === 'accept' ? 'accepted' : 'rejected';
}
