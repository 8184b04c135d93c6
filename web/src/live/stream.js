// The stream of events, which one tab reads for all tabs of the browser.
//
// A lock decides which tab reads. It passes on what it hears, and the tab that takes the lock after it goes on behind the
// last message. Where the browser has no locks, as on a page without TLS, each tab reads for itself while it is in sight.

/**
 * @typedef {{ event: string, data: any }} Message
 * @typedef {{ message: Message, id: string | null }} Told
 */

const NAME = 'swath-events';
const PATH = '/v1/events';
/** What the server sends. */
const EVENTS = ['ready', 'reset', 'seen', 'heartbeat', 'assignments', 'job', 'dataset', 'people'];
/** Without a sign of life for so long the stream counts as broken: the server gives one every 15 seconds. */
const SILENCE_MS = 40_000;
/** What a new tab says, so that the one that reads tells it where things stand. */
const HELLO = 'hello';
/** Between two tries to open a stream. */
const RETRY_MS = 5_000;

/** What the pages of a tab hear; `live` events say whether the stream is read at the moment. */
export class LiveStream extends EventTarget {
  /** @param {{ EventSource: typeof EventSource, locks: LockManager | undefined, BroadcastChannel: typeof BroadcastChannel }} browser */
  constructor(browser) {
    super();
    this.browser = browser;
    this.isLive = false;
    /** @type {string | null} */
    this.lastId = null;
    /** @type {EventSource | null} */
    this.source = null;
    this.silence = 0;
    this.retry = 0;
    this.ending = new AbortController();
    this.channel = new browser.BroadcastChannel(NAME);
    this.channel.onmessage = ({ data }) => (data === HELLO ? this.#answer() : this.#heard(data));
    this.channel.postMessage(HELLO);
    this.#start();
  }

  /** Reads nothing any more. */
  stop() {
    this.ending.abort();
    this.#close();
    clearTimeout(this.silence);
    this.channel.close();
  }

  #start() {
    const { locks } = this.browser;
    const { signal } = this.ending;
    if (locks) {
      // The lock is held until the tab is closed or the person signs out.
      const reading = () => new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(undefined));
        this.#open();
      });
      locks.request(NAME, { signal }, reading).catch(() => undefined);
      return;
    }
    const seen = () => (document.visibilityState === 'visible' ? this.#open() : this.#close());
    document.addEventListener('visibilitychange', seen, { signal });
    seen();
  }

  #open() {
    if (this.source || this.ending.signal.aborted) return;
    const behind = this.lastId === null ? '' : `?after=${encodeURIComponent(this.lastId)}`;
    const source = new this.browser.EventSource(PATH + behind);
    this.source = source;
    for (const event of EVENTS) {
      source.addEventListener(event, (/** @type {any} */ { data, lastEventId }) => {
        const told = { message: { event, data: JSON.parse(data) }, id: lastEventId || null };
        this.channel.postMessage(told);
        this.#heard(told);
      });
    }
    source.onerror = () => {
      this.#setLive(false);
      // The browser itself tries again, but not after a refusal.
      if (source.readyState === this.browser.EventSource.CLOSED) this.#openLater();
    };
  }

  #answer() {
    if (!this.source || !this.isLive) return;
    this.channel.postMessage({ message: { event: 'heartbeat', data: {} }, id: this.lastId });
  }

  #openLater() {
    this.#close();
    this.retry = setTimeout(() => this.#open(), RETRY_MS);
  }

  #close() {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  /** @param {Told} told */
  #heard({ message, id }) {
    this.lastId = id ?? this.lastId;
    this.#setLive(true);
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.#setLive(false);
      if (this.source) this.#openLater();
    }, SILENCE_MS);
    if (message.event !== 'heartbeat' && message.event !== 'seen') {
      this.dispatchEvent(new CustomEvent('message', { detail: message }));
    }
  }

  /** @param {boolean} isLive */
  #setLive(isLive) {
    if (this.isLive === isLive) return;
    this.isLive = isLive;
    this.dispatchEvent(new Event('live'));
  }
}
