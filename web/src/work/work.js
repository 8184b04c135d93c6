// The work page as a model: at rest, asking, without work, at a range, handing it in, or having lost it.

import { ApiProblem, isProblem, passes } from '../api/client.js';
import { giveBack, held, read, submit, take } from '../api/leases.js';
import { Pictures } from '../api/pictures.js';
import { LeaseLife } from './lease-life.js';
import { Range } from './range.js';

/** @typedef {import('../api/types.js').Blocker} Blocker */
/**
 * @typedef {{ name: 'resting' } | { name: 'asking' } | { name: 'no-work', blockers: Blocker[], nextLook: Date }
 *   | { name: 'unreachable' } | { name: 'working', range: Range, life: LeaseLife } | { name: 'handing-in', range: Range }
 *   | { name: 'lost', range: Range, reason: string }} Phase
 */

const LOOK_AGAIN = { leastSeconds: 5, mostSeconds: 60 };

/** Dispatches `change` when the phase has. */
export class Work extends EventTarget {
  /** @type {Phase} */
  phase = { name: 'asking' };
  pictures = new Pictures();
  /** What the last hand-in was refused for. @type {string} */
  notice = '';
  #outbox;
  #user;
  #team;
  #looks = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isOver = false;

  /** @param {import('../outbox/outbox.js').Outbox} outbox @param {string} user @param {string | undefined} team */
  constructor(outbox, user, team) {
    super();
    this.#outbox = outbox;
    this.#user = user;
    this.#team = team;
    outbox.addEventListener('lost', this.#lost);
  }

  /** Goes on with the range that the person holds, if there is one. */
  async start() {
    await this.#try(async () => {
      const lease = await held();
      if (lease) await this.#begin(lease);
      else this.#enter({ name: 'resting' });
    }, () => this.start());
  }

  stop() {
    this.#isOver = true;
    this.#leave();
    this.#outbox.removeEventListener('lost', this.#lost);
  }

  /** Takes the next range. */
  async take() {
    this.#enter({ name: 'asking' });
    await this.#look();
  }

  async #look() {
    await this.#try(async () => {
      try {
        await this.#begin(await take(this.#team));
      } catch (error) {
        if (!isProblem(error, 'no-work')) throw error;
        this.#noWork(error);
      }
    }, () => this.#look());
  }

  /** Hands the range in and takes the next one, once everything is with the server. */
  async handIn() {
    if (this.phase.name !== 'working') return;
    const { range } = this.phase;
    if (range.missing.length > 0) return range.go(range.firstOpen() ?? 0);
    this.notice = '';
    this.#enter({ name: 'handing-in', range });
    await this.#outbox.settled(range.id);
    await this.#submit(range);
  }

  /** @param {Range} range */
  async #submit(range) {
    if (this.phase.name !== 'handing-in') return;
    if (range.missing.length > 0) return this.#begin(await read(range.id));
    await this.#try(async () => {
      try {
        await submit(range.id);
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.passes || error.code === 'stale-lease') throw error;
        this.notice = error.message;
        return this.#begin(await read(range.id));
      }
      range.close();
      await this.take();
    }, () => this.#submit(range));
  }

  /** @param {string} reason */
  async giveBack(reason) {
    if (this.phase.name !== 'working') return;
    const { range } = this.phase;
    await this.#try(async () => {
      await giveBack(range.id, reason);
      range.close();
      this.#enter({ name: 'resting' });
    }, () => this.giveBack(reason));
  }

  /** Asks for the picture's address again: the one at hand has run out. @param {import('./range.js').Entry} entry */
  async refresh(entry) {
    if (this.phase.name !== 'working') return;
    const lease = await read(this.phase.range.id);
    for (const item of lease.assignment.items) {
      const known = this.phase.range.entry(item.index);
      if (known) known.item = { ...known.item, media_url: item.media_url };
    }
    return entry.item;
  }

  /** @param {import('../api/types.js').Lease} lease */
  async #begin(lease) {
    const range = await Range.open(lease, this.#outbox, this.#user);
    if (this.#isOver) return;
    const life = new LeaseLife(lease);
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

  /** @param {Range} range @param {string} reason */
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
      const keepsPhase = this.phase.name === 'handing-in';
      if (!keepsPhase) this.#enter({ name: 'unreachable' });
      this.#timer = setTimeout(again, 2000);
    }
  }

  /** @param {Phase} phase */
  #enter(phase) {
    if (this.#isOver) return;
    this.#leave();
    this.phase = phase;
    this.dispatchEvent(new Event('change'));
  }

  #leave() {
    clearTimeout(this.#timer);
    if (this.phase.name === 'working') this.phase.life.stop();
  }
}
