// The stream of events that all tabs of a browser share.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveStream } from '../src/live/stream.js';

/** A browser with several tabs: one lock, one channel, and the streams that were opened. */
function browser() {
  /** @type {any[]} */
  const sources = [];
  class Source extends EventTarget {
    static CLOSED = 2;

    /** @param {string} url */
    constructor(url) {
      super();
      this.url = url;
      this.readyState = 1;
      sources.push(this);
    }

    close() {
      this.readyState = Source.CLOSED;
    }

    /** @param {string} event @param {any} data @param {string} [id] */
    say(event, data, id = '') {
      this.dispatchEvent(Object.assign(new Event(event), { data: JSON.stringify(data), lastEventId: id }));
    }
  }
  /** @type {Set<any>} */
  const channels = new Set();
  class Channel {
    constructor() {
      channels.add(this);
    }

    /** @param {any} data */
    postMessage(data) {
      for (const other of channels) if (other !== this) other.onmessage?.({ data });
    }

    close() {
      channels.delete(this);
    }
  }
  /** @type {(() => Promise<void>)[]} */
  const waiting = [];
  let isTaken = false;
  const next = () => {
    const first = waiting.shift();
    isTaken = first !== undefined;
    first?.().then(next);
  };
  const locks = {
    /** @param {string} _name @param {any} _options @param {() => Promise<void>} use */
    request: (_name, _options, use) => {
      waiting.push(use);
      if (!isTaken) next();
      return Promise.resolve();
    },
  };
  const tab = () => {
    const stream = new LiveStream(/** @type {any} */ ({ EventSource: Source, locks, BroadcastChannel: Channel }));
    /** @type {any[]} */
    const heard = [];
    stream.addEventListener('message', (/** @type {any} */ event) => heard.push(event.detail.event));
    return { stream, heard };
  };
  return { sources, tab };
}

test('one tab reads for all, and a new one is told where things stand', () => {
  const { sources, tab } = browser();
  const [first, second] = [tab(), tab()];
  assert.equal(sources.length, 1);
  assert.equal(sources[0].url, '/v1/events');
  sources[0].say('ready', {}, 'a.1');
  sources[0].say('job', { job: 'j' });
  assert.deepEqual(first.heard, ['ready', 'job']);
  assert.deepEqual(second.heard, ['ready', 'job']);
  const third = tab();
  assert.ok(first.stream.isLive && second.stream.isLive && third.stream.isLive);
  for (const { stream } of [first, second, third]) stream.stop();
});

test('who reads after another goes on behind what was heard last', async () => {
  const { sources, tab } = browser();
  const [first, second] = [tab(), tab()];
  sources[0].say('ready', {}, 'a.1');
  sources[0].say('seen', {}, 'a.7');
  first.stream.stop();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sources.length, 2);
  assert.equal(sources[1].url, '/v1/events?after=a.7');
  assert.equal(sources[0].readyState, 2);
  sources[1].say('assignments', {}, '');
  assert.deepEqual(second.heard, ['ready', 'assignments']);
  second.stream.stop();
});

test('a stream that breaks is not live, and one that is refused is opened again later', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sources, tab } = browser();
  const { stream, heard } = tab();
  sources[0].say('ready', {}, 'a.1');
  sources[0].onerror();
  assert.equal(stream.isLive, false);
  assert.equal(sources.length, 1, 'the browser itself tries again');
  sources[0].readyState = 2;
  sources[0].onerror();
  t.mock.timers.tick(5_000);
  assert.equal(sources[1].url, '/v1/events?after=a.1');
  sources[1].say('reset', {}, 'b.1');
  assert.ok(stream.isLive);
  assert.deepEqual(heard, ['ready', 'reset']);
  // Silence is no life: a proxy may keep a dead connection open.
  t.mock.timers.tick(40_000);
  assert.equal(stream.isLive, false);
  t.mock.timers.tick(5_000);
  assert.equal(sources.length, 3);
  stream.stop();
});

test('signs of life are no messages', () => {
  const { sources, tab } = browser();
  const { stream, heard } = tab();
  sources[0].say('heartbeat', { at: '' }, 'a.3');
  sources[0].say('seen', {}, 'a.4');
  assert.deepEqual(heard, []);
  assert.equal(stream.lastId, 'a.4');
  stream.stop();
});
