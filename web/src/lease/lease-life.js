// How long what is held is still the person's. It is renewed by working, and by nothing else.

import { isProblem } from '../api/client.js';

/** The warning comes when so much of the time is left. */
const WARN_SHARE = 0.2;
const WARN_MOST_SECONDS = 120;

/** Dispatches `tick` each second, and `lost` with `detail.reason`. */
export class LeaseLife extends EventTarget {
  #lease;
  #endsMs = 0;
  #fullSeconds = 0;
  #isRenewing = false;
  #hasWorked = false;
  #timer;
  #renewal;

  /** @param {import('../api/types.js').Lease} lease @param {(lease: string) => Promise<{ expires_in: number }>} renew */
  constructor(lease, renew) {
    super();
    this.#renewal = renew;
    this.#lease = lease.lease_id;
    this.#set(lease.expires_in);
    this.#timer = setInterval(() => this.#tick(), 1000);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** Seconds; 0 once it has run out. */
  get left() {
    return Math.max(0, (this.#endsMs - performance.now()) / 1000);
  }

  get isLow() {
    return this.left < Math.min(WARN_MOST_SECONDS, this.#fullSeconds * WARN_SHARE);
  }

  /** The person has done something. */
  worked() {
    this.#hasWorked = true;
    if (this.isLow && this.left > 0) this.#renew();
  }

  /** Takes it up again after its time ran out. */
  goOn() {
    return this.#renew();
  }

  #tick() {
    if (this.#hasWorked && this.left > 0 && this.left < this.#fullSeconds / 2) this.#renew();
    this.dispatchEvent(new Event('tick'));
  }

  async #renew() {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      this.#set((await this.#renewal(this.#lease)).expires_in);
      this.#hasWorked = false;
    } catch (error) {
      if (isProblem(error, 'stale-lease')) this.dispatchEvent(new CustomEvent('lost', { detail: { reason: error.document.reason } }));
    }
    this.#isRenewing = false;
    this.dispatchEvent(new Event('tick'));
  }

  /** @param {number} seconds */
  #set(seconds) {
    this.#endsMs = performance.now() + seconds * 1000;
    this.#fullSeconds = Math.max(this.#fullSeconds, seconds);
  }
}
