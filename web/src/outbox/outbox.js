// Sends what a person has saved, in order, until the server has it. It survives a reload, a network that is away and a
// server that is being restarted; what the server will never take is kept and shown.

import { ApiProblem, isProblem, passes } from '../api/client.js';
import { Conflict, post } from './posting.js';
import { forgetItem, itemsOfUser, keepItem } from './store.js';

/** @typedef {import('./store.js').Kept} Kept */
/** What the outbox itself does not add. @typedef {Omit<import('./store.js').KeptLabels, 'user' | 'state'> | Omit<import('./store.js').KeptVerdict, 'user' | 'state'>} Sent */

const RETRY = { firstMs: 500, mostMs: 15_000 };

/**
 * Dispatches `sent`, `refused` and `lost` with `detail.kept`; `refused` with `detail.theirs` where the item was saved
 * elsewhere since, `lost` with `detail.reason`; `signed-out` when the session has ended, and `change` whenever the number of
 * unsent items has changed.
 */
export class Outbox extends EventTarget {
  #user;
  /** @type {Map<string, Kept>} what is to be sent, oldest first */
  #queue = new Map();
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
    for (const kept of await itemsOfUser(this.#user)) if (kept.state === 'unsent') this.#enqueue(kept);
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

  /** Keeps what is not saved yet, against a reload. @param {Sent} draft */
  keepDraft(draft) {
    return keepItem(/** @type {Kept} */ ({ ...draft, user: this.#user, state: 'draft' }));
  }

  /** Keeps a draft in the place of what was to be sent. @param {Sent} draft */
  takeBack(draft) {
    const wasQueued = this.#queue.delete(`${draft.lease}/${draft.index}`);
    if (wasQueued) this.dispatchEvent(new Event('change'));
    return this.keepDraft(draft);
  }

  /** @param {string} lease @param {number} index */
  forget(lease, index) {
    return forgetItem(this.#user, lease, index);
  }

  /** Keeps an item on disk and sends it. @param {Sent} item */
  async send(item) {
    const kept = /** @type {Kept} */ ({ ...item, user: this.#user, state: 'unsent' });
    this.#enqueue(kept);
    await keepItem(kept);
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

  /** @param {Kept} kept */
  #enqueue(kept) {
    this.#queue.set(key(kept), kept);
    this.dispatchEvent(new Event('change'));
    this.#run();
  }

  async #run() {
    if (this.#isSending) return;
    this.#isSending = true;
    let waitMs = RETRY.firstMs;
    while (this.#queue.size > 0 && !this.#isOver) {
      const [kept] = this.#queue.values();
      try {
        const revision = await post(kept);
        waitMs = RETRY.firstMs;
        this.#setOffline(false);
        await this.#sent(kept, revision);
      } catch (error) {
        if (isUnauthenticated(error)) {
          this.#tell('signed-out', {});
          break;
        }
        if (passes(error)) {
          this.#setOffline(true);
          await this.#wait(error instanceof ApiProblem && error.retryAfter ? error.retryAfter * 1000 : waitMs);
          waitMs = Math.min(waitMs * 2, RETRY.mostMs);
        } else {
          await this.#refused(kept, error);
        }
      }
    }
    this.#isSending = false;
  }

  /** @param {Kept} kept @param {number} revision */
  async #sent(kept, revision) {
    const isNewest = this.#queue.get(key(kept)) === kept;
    if (isNewest) {
      this.#queue.delete(key(kept));
      await forgetItem(kept.user, kept.lease, kept.index);
    } else {
      // It was saved again meanwhile: the newer one replaces what has just been sent.
      const newer = this.#queue.get(key(kept));
      if (newer) await keepItem(Object.assign(newer, { revision })).catch(() => {});
    }
    this.#tell('sent', { kept, revision, isNewest });
    this.dispatchEvent(new Event('change'));
  }

  /** @param {Kept} kept @param {unknown} error */
  async #refused(kept, error) {
    const refused = /** @type {Kept} */ ({ ...kept, state: 'refused', refusal: error instanceof Error ? error.message : String(error) });
    if (this.#queue.get(key(kept)) === kept) this.#queue.delete(key(kept));
    await keepItem(refused);
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

/** @param {Kept} kept */
function key(kept) {
  return `${kept.lease}/${kept.index}`;
}
