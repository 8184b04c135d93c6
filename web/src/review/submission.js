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

  /** Verdicts that the server does not have: those of the rest that was accepted, for the most part. */
  get left() {
    return this.entries.flatMap(({ item, saved, verdict }) => (verdict && verdict !== saved ? [{ index: item.index, ...verdict }] : []));
  }

  /** Decides on the item before the reviewer. @param {Verdict} verdict */
  decide(verdict) {
    const { at } = this;
    this.#verdicts.record(at, [{ at, before: this.current.verdict, after: verdict }]);
    this.#put(at, verdict);
    this.dispatchEvent(new Event('change'));
  }

  /** Accepts all that is not decided. It goes to the server with the decision, so that until then one step takes it back. */
  acceptRest() {
    const changes = this.missing.map((at) => ({ at, before: null, after: ACCEPT }));
    if (changes.length === 0) return;
    this.#verdicts.record(this.at, changes);
    for (const { at } of changes) Object.assign(this.entries[at], { verdict: ACCEPT, refusal: '' });
    this.dispatchEvent(new Event('change'));
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
    for (const [at, verdict] of step.verdicts) this.#put(at, verdict);
    this.dispatchEvent(new Event('change'));
    this.go(step.at);
    return true;
  }

  /** @param {number} at @param {Verdict | null} verdict */
  #put(at, verdict) {
    const entry = this.entries[at];
    const place = { lease: this.id, index: entry.item.index, job: this.lease.job.title, revision: null, verdict };
    const wasSent = entry.saved !== null || entry.isUnsent;
    Object.assign(entry, { verdict, isUnsent: verdict !== null, refusal: '' });
    // A disk that takes nothing is no reason not to send. The server cannot forget a verdict, so this browser remembers
    // that it was taken back.
    const kept = verdict ? this.outbox.send(place) : wasSent ? this.outbox.takeBack(place) : this.outbox.forget(this.id, place.index);
    kept.catch(() => {});
  }

  /** @param {Entry} entry @param {{ kept: any, isNewest: boolean }} detail */
  taken(entry, { kept, isNewest }) {
    entry.saved = kept.verdict;
    if (isNewest) Object.assign(entry, { isUnsent: false, verdict: kept.verdict });
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
