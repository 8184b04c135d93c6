// The range that a person holds: its items, what is saved of each, what is begun, and which one is before them.

import { itemsOfLease } from '../outbox/store.js';

/** @typedef {import('../api/types.js').Annotation} Annotation */
/** @typedef {import('../api/types.js').Item} Item */
/** @typedef {import('../api/types.js').Lease} Lease */
/** @typedef {import('../outbox/outbox.js').Outbox} Outbox */
/** @typedef {'missing' | 'draft' | 'unsent' | 'saved' | 'skipped' | 'sent-back' | 'refused'} State */

/**
 * @typedef {object} Entry
 * @property {Item} item
 * @property {Annotation | null} saved what the server has, or what a reviewer sent back
 * @property {number} revision
 * @property {Annotation | null} own what the server does not have yet
 * @property {'draft' | 'unsent' | 'refused' | null} ownState
 * @property {string} refusal what the server said
 * @property {boolean} isConflict
 */

/** @type {Annotation} */
const EMPTY = { figures: [], tags: [] };

/** Dispatches `change` when the state of an item has changed, and `move` when another one is before the person. */
export class Range extends EventTarget {
  /** @type {Entry[]} */
  entries;
  /** The position of the item before the person. */
  at = 0;
  #outbox;
  /** @type {Annotation | null} the one that was saved last, for the next to begin with */
  #last = null;
  /** The draft that is to be kept next, while another is being written. @type {Entry | null} */
  #toKeep = null;
  #isKeeping = false;

  /** @param {Lease} lease @param {Outbox} outbox */
  constructor(lease, outbox) {
    super();
    this.lease = lease;
    this.#outbox = outbox;
    this.entries = lease.assignment.items.map((item) => ({
      item, saved: item.annotation, revision: item.revision, own: null, ownState: null, refusal: '', isConflict: false,
    }));
    outbox.addEventListener('sent', this.#sent);
    outbox.addEventListener('refused', this.#refused);
    outbox.addEventListener('lost', this.#refused);
  }

  /** A range with what this browser has kept of it. @param {Lease} lease @param {Outbox} outbox @param {string} user */
  static async open(lease, outbox, user) {
    const range = new Range(lease, outbox);
    const kept = await itemsOfLease(user, lease.lease_id).catch(() => []);
    for (const { index, annotation, state, refusal } of kept) {
      const entry = range.entry(index);
      if (entry) Object.assign(entry, { own: annotation ?? null, ownState: state, refusal: refusal ?? '' });
    }
    range.at = range.missing[0] ?? 0;
    return range;
  }

  close() {
    this.#outbox.removeEventListener('sent', this.#sent);
    this.#outbox.removeEventListener('refused', this.#refused);
    this.#outbox.removeEventListener('lost', this.#refused);
  }

  get id() {
    return this.lease.lease_id;
  }

  get current() {
    return this.entries[this.at];
  }

  get count() {
    return this.entries.length;
  }

  get done() {
    return this.entries.filter((entry) => isDone(stateOf(entry))).length;
  }

  /** Positions of the items that a hand-in would miss. */
  get missing() {
    return this.entries.flatMap((entry, at) => (isDone(stateOf(entry)) ? [] : [at]));
  }

  /** @param {number} index @returns {Entry | undefined} */
  entry(index) {
    return this.entries.find((entry) => entry.item.index === index);
  }

  /** What the person sees of an item. @param {Entry} entry @returns {Annotation} */
  annotation(entry) {
    return entry.own ?? entry.saved ?? EMPTY;
  }

  /** What the item before this one was given. @returns {Annotation | null} */
  get last() {
    if (this.#last) return this.#last;
    const before = this.entries[this.at - 1];
    return before ? this.annotation(before) : null;
  }

  /** @param {number} at */
  go(at) {
    if (at < 0 || at >= this.count || at === this.at) return;
    this.at = at;
    this.dispatchEvent(new Event('move'));
  }

  /** The first item that is not done, from the one before the person on and then from the start. @returns {number | null} */
  firstOpen() {
    const open = this.missing;
    return open.find((at) => at > this.at) ?? open[0] ?? null;
  }

  /** Items whose pictures are wanted now or soon, the most urgent first. @returns {Item[]} */
  get wanted() {
    const soon = this.firstOpen();
    const positions = [this.at, soon ?? this.at + 1, this.at + 1, this.at - 1];
    return [...new Set(positions)].flatMap((at) => this.entries[at]?.item ?? []);
  }

  /** What is being drawn, kept against a reload. @param {Annotation} annotation */
  draft(annotation) {
    const entry = this.current;
    entry.own = annotation;
    entry.ownState = 'draft';
    this.dispatchEvent(new Event('change'));
    this.#keep(entry);
  }

  /** Saves the item before the person: it is shown as unsent until the server has it. @param {Annotation} annotation */
  save(annotation) {
    const entry = this.current;
    // Another tab's work is replaced only once the person has been told of it.
    const revision = entry.isConflict || entry.revision === 0 ? null : entry.revision;
    Object.assign(entry, { own: annotation, ownState: 'unsent', refusal: '', isConflict: false });
    if (!annotation.skip) this.#last = annotation;
    this.dispatchEvent(new Event('change'));
    return this.#outbox.send({ ...this.#place(entry), annotation, revision });
  }

  /** @param {Entry} entry */
  #place(entry) {
    return { lease: this.id, index: entry.item.index, job: this.lease.job.title, revision: entry.revision };
  }

  /** Writes drafts one after another, and of several for one item the newest. @param {Entry} entry */
  async #keep(entry) {
    this.#toKeep = entry;
    if (this.#isKeeping) return;
    this.#isKeeping = true;
    while (this.#toKeep) {
      const next = this.#toKeep;
      this.#toKeep = null;
      // Saved in the meantime, it is the outbox that keeps it.
      if (next.ownState === 'draft' && next.own) await this.#outbox.keepDraft({ ...this.#place(next), annotation: next.own }).catch(() => {});
    }
    this.#isKeeping = false;
  }

  #sent = (/** @type {any} */ { detail: { kept, revision, isNewest } }) => {
    const entry = kept.lease === this.id && this.entry(kept.index);
    if (!entry) return;
    entry.saved = kept.annotation;
    entry.revision = revision;
    if (isNewest && entry.ownState === 'unsent') Object.assign(entry, { own: null, ownState: null });
    this.dispatchEvent(new Event('change'));
  };

  #refused = (/** @type {any} */ { detail: { kept, isConflict } }) => {
    const entry = kept.lease === this.id && this.entry(kept.index);
    if (!entry) return;
    Object.assign(entry, { ownState: 'refused', refusal: kept.refusal, isConflict: Boolean(isConflict) });
    this.dispatchEvent(new Event('change'));
  };
}

/** @param {Entry} entry @returns {State} */
export function stateOf(entry) {
  if (entry.ownState) return entry.ownState;
  if (entry.revision > 0) return entry.saved?.skip ? 'skipped' : 'saved';
  return entry.item.verdict?.verdict === 'reject' ? 'sent-back' : 'missing';
}

/** Whether nothing is left to do but, perhaps, to send it. @param {State} state */
export function isDone(state) {
  return state === 'saved' || state === 'skipped' || state === 'unsent';
}
