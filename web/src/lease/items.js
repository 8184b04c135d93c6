// The items of a lease or a review that a person holds, one of which is before them.

/** @typedef {import('../api/types.js').Item} Item */
/** @typedef {import('../api/types.js').Lease} Lease */
/** @typedef {import('../outbox/outbox.js').Outbox} Outbox */

/**
 * Dispatches `change` when what stands of an item has changed, and `move` when another one is before the person.
 * @template {{ item: Item }} Entry
 */
export class LeaseItems extends EventTarget {
  /** @type {Entry[]} */
  entries;
  /** The position of the item before the person. */
  at = 0;

  /** @param {Lease} lease @param {Outbox} outbox @param {(item: Item) => Entry} entryOf */
  constructor(lease, outbox, entryOf) {
    super();
    this.lease = lease;
    this.outbox = outbox;
    this.entries = lease.assignment.items.map(entryOf);
    outbox.addEventListener('sent', this.#sent);
    outbox.addEventListener('refused', this.#refused);
    outbox.addEventListener('lost', this.#refused);
  }

  /**
   * Takes up what the server has taken while the lease was being read: the answer may be older than that, and what was kept here
   * may be forgotten by now. It comes last when a lease is opened.
   */
  catchUp() {
    for (const detail of this.outbox.takenOf(this.id)) {
      const entry = this.entry(detail.kept.index);
      if (entry && this.isBehind(entry, detail)) this.taken(entry, detail);
    }
  }

  close() {
    this.outbox.forgetTaken(this.id);
    this.outbox.removeEventListener('sent', this.#sent);
    this.outbox.removeEventListener('refused', this.#refused);
    this.outbox.removeEventListener('lost', this.#refused);
  }

  /** Whether something is left to do with an item. @param {Entry} _entry @returns {boolean} */
  isOpen(_entry) {
    return false;
  }

  /** Whether an item does not show yet what the server has taken. @param {Entry} _entry @param {any} _detail @returns {boolean} */
  isBehind(_entry, _detail) {
    return false;
  }

  /** The server has taken an item. @param {Entry} _entry @param {any} _detail */
  taken(_entry, _detail) {}

  /** The server has refused an item, or the lease is lost. @param {Entry} _entry @param {any} _detail */
  refused(_entry, _detail) {}

  get id() {
    return this.lease.lease_id;
  }

  get current() {
    return this.entries[this.at];
  }

  get count() {
    return this.entries.length;
  }

  /** Positions of the items with which something is left to do. */
  get missing() {
    return this.entries.flatMap((entry, at) => (this.isOpen(entry) ? [at] : []));
  }

  /** @param {number} index @returns {Entry | undefined} */
  entry(index) {
    return this.entries.find((entry) => entry.item.index === index);
  }

  /** @param {number} at */
  go(at) {
    if (at < 0 || at >= this.count || at === this.at) return;
    this.at = at;
    this.dispatchEvent(new Event('move'));
  }

  /** The next open item, from the one before the person on and then from the start. @returns {number | null} */
  firstOpen() {
    const open = this.missing;
    return open.find((at) => at > this.at) ?? open[0] ?? null;
  }

  /** Items whose pictures are wanted now or soon, the most urgent first. @returns {Item[]} */
  get wanted() {
    const positions = [this.at, this.firstOpen() ?? this.at + 1, this.at + 1, this.at - 1];
    return [...new Set(positions)].flatMap((at) => this.entries[at]?.item ?? []);
  }

  #sent = (/** @type {any} */ { detail }) => this.#told(detail, (entry) => this.taken(entry, detail));

  #refused = (/** @type {any} */ { detail }) => this.#told(detail, (entry) => this.refused(entry, detail));

  /** @param {any} detail @param {(entry: Entry) => void} note */
  #told({ kept }, note) {
    const entry = kept.lease === this.id && this.entry(kept.index);
    if (!entry) return;
    note(entry);
    this.dispatchEvent(new Event('change'));
  }
}
