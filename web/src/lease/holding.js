// What labelling and reviewing have in common: at rest, asking, without work, at what is held, handing it in, or having
// lost it.

import { ApiProblem, isProblem, passes } from '../api/client.js';
import { report } from '../api/picture-report.js';
import { Pictures } from '../api/pictures.js';
import { LeaseLife } from './lease-life.js';

/** @typedef {import('../api/types.js').Blocker} Blocker */
/** @typedef {import('../api/types.js').Item} Item */
/** @typedef {import('../api/types.js').Lease} Lease */
/**
 * What a person holds, item by item.
 * @typedef {object} Held
 * @property {string} id
 * @property {Lease} lease
 * @property {number[]} missing positions of the items that a hand-in would miss
 * @property {() => number | null} firstOpen
 * @property {(at: number) => void} go
 * @property {(index: number) => { item: Item } | undefined} entry
 * @property {() => void} close
 */
/**
 * @template {Held} T
 * @typedef {{ name: 'resting' } | { name: 'asking' } | { name: 'no-work', blockers: Blocker[], nextLook: Date }
 *   | { name: 'unreachable' } | { name: 'working', range: T, life: LeaseLife } | { name: 'handing-in', range: T }
 *   | { name: 'lost', range: T, reason: string }} Phase
 */
/**
 * How this kind of work is asked for and handed in.
 * @template {Held} T
 * @typedef {object} Calls
 * @property {() => Promise<Lease | null>} held
 * @property {(team: string | undefined) => Promise<Lease>} take
 * @property {(lease: string) => Promise<Lease>} read
 * @property {(lease: string) => Promise<{ expires_in: number }>} renew
 * @property {(range: T) => Promise<unknown>} submit
 * @property {(lease: string, reason: string) => Promise<unknown>} giveBack
 * @property {(lease: Lease) => Promise<T>} open
 * @property {string} path under which leases of this kind stand
 */

const LOOK_AGAIN = { leastSeconds: 5, mostSeconds: 60 };

/** Dispatches `change` when the phase has, and `failed` with what cannot be tried again. @template {Held} T */
export class Holding extends EventTarget {
  /** @type {Phase<T>} */
  phase = { name: 'asking' };
  pictures = new Pictures();
  /** What the last hand-in was refused for. @type {string} */
  notice = '';
  #calls;
  #outbox;
  #team;
  #looks = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isOver = false;

  /** @param {Calls<T>} calls @param {import('../outbox/outbox.js').Outbox} outbox @param {string | undefined} team */
  constructor(calls, outbox, team) {
    super();
    this.#calls = calls;
    this.#outbox = outbox;
    this.#team = team;
    outbox.addEventListener('lost', this.#lost);
  }

  /** Goes on with what the person holds, if anything. @param {string | null} [chosen] which of it */
  async start(chosen = null) {
    await this.#try(async () => {
      const lease = chosen === null ? await this.#calls.held() : await this.#calls.read(chosen);
      if (lease) await this.#begin(lease);
      else this.#enter({ name: 'resting' });
    }, () => this.start(chosen));
  }

  stop() {
    this.#isOver = true;
    this.#leave(null);
    this.#outbox.removeEventListener('lost', this.#lost);
  }

  /** Takes what comes next. */
  async take() {
    this.#enter({ name: 'asking' });
    await this.#look();
  }

  async #look() {
    await this.#try(async () => {
      try {
        await this.#begin(await this.#calls.take(this.#team));
      } catch (error) {
        if (!isProblem(error, 'no-work')) throw error;
        this.#noWork(error);
      }
    }, () => this.#look());
  }

  /** Hands in and takes what comes next, once everything is with the server. */
  async handIn() {
    if (this.phase.name !== 'working') return;
    const { range } = this.phase;
    if (range.missing.length > 0) return range.go(range.firstOpen() ?? 0);
    this.notice = '';
    this.#enter({ name: 'handing-in', range });
    await this.#outbox.settled(range.id);
    await this.#submit(range);
  }

  /** @param {T} range */
  async #submit(range) {
    if (this.phase.name !== 'handing-in') return;
    if (range.missing.length > 0) return this.#begin(await this.#calls.read(range.id));
    await this.#try(async () => {
      try {
        await this.#calls.submit(range);
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.passes || error.code === 'stale-lease') throw error;
        this.notice = error.message;
        return this.#begin(await this.#calls.read(range.id));
      }
      await this.take();
    }, () => this.#submit(range));
  }

  /** @param {string} reason */
  async giveBack(reason) {
    if (this.phase.name !== 'working') return;
    const { range } = this.phase;
    await this.#try(async () => {
      await this.#calls.giveBack(range.id, reason);
      this.#enter({ name: 'resting' });
    }, () => this.giveBack(reason));
  }

  /** Tells the server what the browser has learnt of a picture. @param {Item} item @param {{ width: number, height: number } | null} size */
  report(item, size) {
    if (this.phase.name === 'working') report(`${this.#calls.path}/${this.phase.range.id}`, item, size);
  }

  /** Asks for the picture's address again: the one at hand has run out. @param {{ item: Item }} entry */
  async refresh(entry) {
    if (this.phase.name !== 'working') return;
    const lease = await this.#calls.read(this.phase.range.id);
    for (const item of lease.assignment.items) {
      const known = this.phase.range.entry(item.index);
      if (known) known.item = { ...known.item, media_url: item.media_url };
    }
    return entry.item;
  }

  /** @param {Lease} lease */
  async #begin(lease) {
    const range = await this.#calls.open(lease);
    if (this.#isOver) return range.close();
    const life = new LeaseLife(lease, this.#calls.renew);
    life.addEventListener('lost', (event) => this.#lose(range, /** @type {CustomEvent} */ (event).detail.reason));
    this.#looks = 0;
    this.#enter({ name: 'working', range, life });
  }

  /** @param {ApiProblem} problem */
  #noWork(problem) {
    const { leastSeconds, mostSeconds } = LOOK_AGAIN;
    const patience = Math.min(leastSeconds * 2 ** this.#looks++, mostSeconds);
    const waitMs = Math.max(problem.retryAfter ?? 0, patience) * 1000;
    this.#enter({ name: 'no-work', blockers: problem.document.blockers ?? [], nextLook: new Date(Date.now() + waitMs) });
    this.#timer = setTimeout(() => this.#look(), waitMs);
  }

  #lost = (/** @type {any} */ { detail: { kept, reason } }) => {
    const range = 'range' in this.phase ? this.phase.range : null;
    if (range && kept.lease === range.id) this.#lose(range, reason);
  };

  /** @param {T} range @param {string} reason */
  #lose(range, reason) {
    if (this.phase.name !== 'lost') this.#enter({ name: 'lost', range, reason });
  }

  /** Does it, or says that the server is away and tries again. @param {() => Promise<void>} act @param {() => void} again */
  async #try(act, again) {
    try {
      await act();
    } catch (error) {
      if (this.#isOver) return;
      if (isProblem(error, 'stale-lease') && 'range' in this.phase) return this.#lose(this.phase.range, error.document.reason);
      if (!passes(error)) {
        this.dispatchEvent(new CustomEvent('failed', { detail: error }));
        return;
      }
      // What is held stays before the person meanwhile.
      if (!('range' in this.phase)) this.#enter({ name: 'unreachable' });
      this.#timer = setTimeout(again, 2000);
    }
  }

  /** @param {Phase<T>} phase */
  #enter(phase) {
    if (this.#isOver) return;
    this.#leave('range' in phase ? phase.range : null);
    this.phase = phase;
    this.dispatchEvent(new Event('change'));
  }

  /** @param {T | null} next what is held from now on */
  #leave(next) {
    clearTimeout(this.#timer);
    if (this.phase.name === 'working') this.phase.life.stop();
    if ('range' in this.phase && this.phase.range !== next) this.phase.range.close();
  }
}
