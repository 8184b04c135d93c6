// How long the range is still the person's. It is renewed by working, and by nothing else.

import { isProblem } from '../api/client.js';
import { renew } from '../api/leases.js';

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

  /** @param {import('../api/types.js').Lease} lease */
  constructor(lease) {
    super();
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

  /** Takes the range up again after its time ran out. */
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
      this.#set((await renew(this.#lease)).expires_in);
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
