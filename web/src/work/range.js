// The range that a person holds: its items, what is saved of each, what is begun, and which one is before them.

import { isSame } from '../api/annotations.js';
import { LeaseItems } from '../lease/items.js';
import { itemsOfLease } from '../outbox/store.js';

/** @typedef {import('../api/types.js').Annotation} Annotation */
/** @typedef {import('../api/types.js').Item} Item */
/** @typedef {import('../api/types.js').Lease} Lease */
/** @typedef {import('../outbox/outbox.js').Outbox} Outbox */
/** @typedef {'missing' | 'draft' | 'unsent' | 'saved' | 'skipped' | 'sent-back' | 'refused'} State */

/** @typedef {{ annotation: Annotation | null, revision: number }} Theirs */
/**
 * @typedef {object} Entry
 * @property {Item} item
 * @property {Annotation | null} saved what the server has, or what a reviewer sent back
 * @property {number} revision
 * @property {Annotation | null} own what the server does not have yet
 * @property {'draft' | 'unsent' | 'refused' | null} ownState
 * @property {string} refusal what the server said
 * @property {Theirs | null} theirs what was saved elsewhere in the meantime, until the person has chosen
 */

/** @type {Annotation} */
const EMPTY = { figures: [], tags: [] };

/** @extends {LeaseItems<Entry>} */
export class Range extends LeaseItems {
  /** @type {Annotation | null} the one that was saved last, for the next to begin with */
  #last = null;
  /** The draft that is to be kept next, while another is being written. @type {Entry | null} */
  #toKeep = null;
  #isKeeping = false;

  /** @param {Lease} lease @param {Outbox} outbox */
  constructor(lease, outbox) {
    super(lease, outbox, (item) => ({
      item, saved: item.annotation, revision: item.revision, own: null, ownState: null, refusal: '', theirs: null,
    }));
  }

  /** A range with what this browser has kept of it. @param {Lease} lease @param {Outbox} outbox @param {string} user */
  static async open(lease, outbox, user) {
    const range = new Range(lease, outbox);
    const kept = await itemsOfLease(user, lease.lease_id).catch(() => []);
    for (const one of kept) if (one.annotation) range.#takeUp(one);
    range.catchUp();
    range.at = range.missing[0] ?? 0;
    return range;
  }

  /** Takes up what this browser has kept of an item. @param {import('../outbox/store.js').KeptLabels} kept */
  #takeUp({ index, annotation, state, refusal, revision }) {
    const entry = this.entry(index);
    if (!entry) return;
    const isOutdated = state !== 'unsent' && revision !== entry.revision;
    if (isOutdated && isSame(annotation, entry.saved)) return void this.outbox.forget(this.#place(entry)).catch(() => {});
    const theirs = isOutdated ? { annotation: entry.saved, revision: entry.revision } : null;
    Object.assign(entry, { own: annotation, ownState: state, refusal: refusal ?? '', theirs });
  }

  get done() {
    return this.entries.filter((entry) => isDone(stateOf(entry))).length;
  }

  /** @param {Entry} entry */
  isOpen(entry) {
    return !isDone(stateOf(entry));
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
    Object.assign(entry, { own: annotation, ownState: 'unsent', refusal: '' });
    if (!annotation.skip) this.#last = annotation;
    this.dispatchEvent(new Event('change'));
    return this.outbox.send({ ...this.#place(entry), annotation });
  }

  /** Goes on with what was saved elsewhere, in the place of one's own. */
  loadTheirs() {
    const entry = this.current;
    if (!entry.theirs) return;
    const { annotation, revision } = entry.theirs;
    Object.assign(entry, { saved: annotation, revision, theirs: null, own: null, ownState: null, refusal: '' });
    this.outbox.forget(this.#place(entry)).catch(() => {});
    this.dispatchEvent(new Event('change'));
  }

  /** What is saved next replaces what was saved elsewhere: the person has seen that it is there. */
  keepOwn() {
    const entry = this.current;
    if (entry.theirs) Object.assign(entry, { revision: entry.theirs.revision, saved: entry.theirs.annotation, theirs: null });
  }

  /** @param {Entry} entry */
  #place(entry) {
    return { lease: this.id, index: entry.item.index, place: this.entries.indexOf(entry) + 1, job: this.lease.job.title, revision: entry.revision };
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
      if (next.ownState === 'draft' && next.own) await this.outbox.keepDraft({ ...this.#place(next), annotation: next.own }).catch(() => {});
    }
    this.#isKeeping = false;
  }

  /** @param {Entry} entry @param {{ revision: number }} detail */
  isBehind(entry, { revision }) {
    return revision > entry.revision || (revision === entry.revision && entry.ownState === 'unsent');
  }

  /** @param {Entry} entry @param {{ kept: any, revision: number, isNewest: boolean }} detail */
  taken(entry, { kept, revision, isNewest }) {
    entry.saved = kept.annotation;
    entry.revision = revision;
    if (isNewest && entry.ownState === 'unsent') Object.assign(entry, { own: null, ownState: null });
    // What was begun meanwhile is kept again, now on the revision that has just been saved.
    else if (entry.ownState === 'draft') this.#keep(entry);
  }

  /** @param {Entry} entry @param {{ kept: any, theirs?: Theirs | null }} detail */
  refused(entry, { kept, theirs }) {
    const hasGoneOn = entry.ownState === 'draft';
    const ownState = hasGoneOn ? 'draft' : 'refused';
    Object.assign(entry, { own: entry.own ?? kept.annotation, ownState, refusal: kept.refusal, theirs: theirs ?? null });
    if (hasGoneOn) this.#keep(entry);
  }
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
