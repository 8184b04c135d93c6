// Sends what a person has saved, the oldest first, until the server has it. It survives a reload, a network that is away and a
// server that is being restarted; what the server will never take is kept and shown.

import { ApiProblem, isProblem, passes } from '../api/client.js';
import { Conflict, post } from './posting.js';
import { forgetItems, itemsOfUser, keepItems } from './store.js';

/** @typedef {import('./store.js').Kept} Kept */
/** What the outbox itself does not add. @typedef {Omit<import('./store.js').KeptLabels, 'user' | 'state'> | Omit<import('./store.js').KeptVerdict, 'user' | 'state'>} Sent */

/** @typedef {{ kept: Kept, revision: number, isNewest: boolean }} Taken */

const RETRY = { firstMs: 500, mostMs: 15_000 };
/** Items that are sent at the same time. A browser keeps six connections to a server, and pictures need some. */
const AT_ONCE = 4;
/** Leases of which it is remembered what the server has taken. */
const LEASES_MOST = 16;

/**
 * Dispatches `sent`, `refused` and `lost` with `detail.kept`; `refused` with `detail.theirs` where the item was saved
 * elsewhere since, `lost` with `detail.reason`; `signed-out` when the session has ended, and `change` whenever the number of
 * unsent items has changed.
 */
export class Outbox extends EventTarget {
  #user;
  /** @type {Map<string, Kept>} what is to be sent, oldest first */
  #queue = new Map();
  /** What the server has taken, by lease: a lease that is read at the same moment may not show it yet. @type {Map<string, Map<number, Taken>>} */
  #taken = new Map();
  #isSending = false;
  /** Ends the wait before the next try. @type {(() => void) | null} */
  #wake = null;
  #isOver = false;
  isOffline = false;

  /** @param {string} user */
  constructor(user) {
    super();
    this.#user = user;
    addEventListener('online', this.#online);
  }

  #online = () => this.#wake?.();

  /** Sends what an earlier visit has left. */
  async resume() {
    this.#enqueue((await itemsOfUser(this.#user)).filter((kept) => kept.state === 'unsent'));
  }

  /** Another person signs in, or nobody: what is left stays on disk. */
  stop() {
    this.#isOver = true;
    removeEventListener('online', this.#online);
    this.#wake?.();
  }

  get unsent() {
    return this.#queue.size;
  }

  /** @param {string} lease */
  unsentOf(lease) {
    return [...this.#queue.values()].filter((kept) => kept.lease === lease).length;
  }

  /** Keeps what is not saved yet, against a reload. @param {Sent[]} drafts */
  keepDraft(...drafts) {
    return keepItems(drafts.map((draft) => this.#kept(draft, 'draft')));
  }

  /** Keeps drafts in the place of what was to be sent. @param {Sent[]} drafts */
  takeBack(...drafts) {
    const queued = drafts.filter((draft) => this.#queue.delete(key(draft)));
    if (queued.length > 0) this.dispatchEvent(new Event('change'));
    return this.keepDraft(...drafts);
  }

  /** @param {{ lease: string, index: number }[]} places */
  forget(...places) {
    return forgetItems(places.map(({ lease, index }) => ({ user: this.#user, lease, index })));
  }

  /** Keeps items on disk and sends them. @param {Sent[]} items */
  async send(...items) {
    const kept = items.map((item) => this.#kept(item, 'unsent'));
    this.#enqueue(kept);
    await keepItems(kept);
  }

  /** What is kept of an item from now on is newer than what the server has taken. @param {Sent} item @param {Kept['state']} state @returns {Kept} */
  #kept(item, state) {
    this.#taken.get(item.lease)?.delete(item.index);
    return /** @type {Kept} */ ({ ...item, user: this.#user, state });
  }

  /** What the server has taken of a lease and nothing newer is kept of here. @param {string} lease @returns {Taken[]} */
  takenOf(lease) {
    return [...(this.#taken.get(lease)?.values() ?? [])];
  }

  /** @param {string} lease */
  forgetTaken(lease) {
    this.#taken.delete(lease);
  }

  /** @param {Taken} taken */
  #note(taken) {
    const { lease, index } = taken.kept;
    const ofLease = this.#taken.get(lease) ?? new Map();
    this.#taken.delete(lease);
    this.#taken.set(lease, ofLease.set(index, taken));
    // What was kept of leases that are not opened again is sent as well, so the oldest makes room.
    if (this.#taken.size > LEASES_MOST) this.#taken.delete([...this.#taken.keys()][0]);
  }

  /** Resolves when nothing of the lease is on its way any more. @param {string} lease */
  settled(lease) {
    return new Promise((resolve) => {
      const check = () => {
        if (this.unsentOf(lease) > 0) return;
        this.removeEventListener('change', check);
        resolve(undefined);
      };
      this.addEventListener('change', check);
      check();
    });
  }

  /** @param {Kept[]} all */
  #enqueue(all) {
    for (const kept of all) this.#queue.set(key(kept), kept);
    this.dispatchEvent(new Event('change'));
    this.#run();
  }

  async #run() {
    if (this.#isSending) return;
    this.#isSending = true;
    let waitMs = RETRY.firstMs;
    while (this.#queue.size > 0 && !this.#isOver) {
      const errors = await this.#sendNext();
      if (errors.some(isUnauthenticated)) {
        this.#tell('signed-out', {});
        break;
      }
      const passing = errors.filter(passes);
      this.#setOffline(passing.length > 0);
      if (passing.length > 0) await this.#wait(Math.max(...passing.map((error) => askedMs(error) ?? waitMs)));
      waitMs = passing.length > 0 ? Math.min(waitMs * 2, RETRY.mostMs) : RETRY.firstMs;
    }
    this.#isSending = false;
  }

  /** Sends the oldest. @returns {Promise<unknown[]>} why some have to be sent again */
  async #sendNext() {
    const batch = [...this.#queue.values()].slice(0, AT_ONCE);
    const outcomes = await Promise.all(batch.map((kept) => post(kept).then((revision) => ({ kept, revision, error: null }), (error) => ({ kept, revision: 0, error }))));
    await this.#sent(outcomes.filter(({ error }) => error === null));
    const failed = outcomes.filter(({ error }) => error !== null);
    for (const { kept, error } of failed) if (!isToRepeat(error)) await this.#refused(kept, error);
    return failed.map(({ error }) => error).filter(isToRepeat);
  }

  /** @param {{ kept: Kept, revision: number }[]} all */
  async #sent(all) {
    const told = all.map(({ kept, revision }) => ({ kept, revision, isNewest: this.#queue.get(key(kept)) === kept }));
    const done = told.filter(({ isNewest }) => isNewest).map(({ kept }) => kept);
    for (const kept of done) this.#queue.delete(key(kept));
    for (const one of told) this.#note(one);
    // Where it was saved again meanwhile, the newer one replaces what has just been sent.
    const newer = told.flatMap(({ kept, revision, isNewest }) => {
      const next = isNewest ? undefined : this.#queue.get(key(kept));
      return next ? [Object.assign(next, { revision })] : [];
    });
    // What a full disk goes on keeping is sent again after a reload, and that changes nothing.
    if (done.length > 0) await forgetItems(done).catch(() => {});
    if (newer.length > 0) await keepItems(newer).catch(() => {});
    for (const detail of told) this.#tell('sent', detail);
    if (told.length > 0) this.dispatchEvent(new Event('change'));
  }

  /** @param {Kept} kept @param {unknown} error */
  async #refused(kept, error) {
    const refused = /** @type {Kept} */ ({ ...kept, state: 'refused', refusal: error instanceof Error ? error.message : String(error) });
    if (this.#queue.get(key(kept)) === kept) this.#queue.delete(key(kept));
    await keepItems([refused]).catch(() => {});
    if (isProblem(error, 'stale-lease')) this.#tell('lost', { kept: refused, reason: error.document.reason });
    else this.#tell('refused', { kept: refused, theirs: error instanceof Conflict ? error.theirs : null });
    this.dispatchEvent(new Event('change'));
  }

  /** @param {string} name @param {object} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** @param {boolean} isOffline */
  #setOffline(isOffline) {
    if (this.isOffline === isOffline) return;
    this.isOffline = isOffline;
    this.dispatchEvent(new Event('change'));
  }

  /** Waits, or until the network is back. @param {number} ms */
  #wait(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const outbox = this;
      function done() {
        clearTimeout(timer);
        outbox.#wake = null;
        resolve(undefined);
      }
      this.#wake = done;
    });
  }
}

/** A session that has ended is no reason to give work up: the same person may sign in again. @param {unknown} error */
function isUnauthenticated(error) {
  return error instanceof ApiProblem && error.status === 401;
}

/** Whether the same may be taken later. @param {unknown} error */
function isToRepeat(error) {
  return passes(error) || isUnauthenticated(error);
}

/** How long the server asks to be left alone. @param {unknown} error */
function askedMs(error) {
  return error instanceof ApiProblem && error.retryAfter ? error.retryAfter * 1000 : null;
}

/** @param {{ lease: string, index: number }} place */
function key({ lease, index }) {
  return `${lease}/${index}`;
}
