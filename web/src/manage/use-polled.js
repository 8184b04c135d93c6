// What the server says, asked for when something about it has happened. While the stream of events is not read, and now and
// then besides, it is asked for by the clock, as long as the page is in sight.

import { useEffect, useRef, useState } from 'preact/hooks';
import { passes } from '../api/client.js';
import { useLive } from '../live/use-live.js';

/** @typedef {import('../live/stream.js').Message} Message */

/** How long a page rests between two looks while it hears nothing. */
const REST_MS = 10_000;
/** The same while it hears what happens. */
const LIVE_REST_MS = 120_000;
/** Between two looks at what changes all the time, unless said otherwise. */
const PAUSE_MS = 1_000;

/**
 * @template T
 * @param {() => Promise<T>} ask
 * @param {unknown[]} what another question when one of these changes
 * @param {(error: unknown) => void} onFailed
 * @param {(message: Message) => boolean} [isAbout] whether an event may have changed the answer
 * @param {number} [pauseMs] how long to wait at least between two looks at what changes all the time
 * @returns {{ told: T | null, isAway: boolean, isLive: boolean, isRefused: boolean, look: () => void }} `isAway` where the
 *   server has not answered the last question, `isRefused` where it will not answer it, `isLive` where changes are heard of
 */
export function usePolled(ask, what, onFailed, isAbout, pauseMs = PAUSE_MS) {
  const [answer, setAnswer] = useState({ what, told: /** @type {T | null} */ (null) });
  const [isAway, setAway] = useState(false);
  const [isRefused, setRefused] = useState(false);
  const [looks, setLooks] = useState(0);
  /** Looks soon, by the effect below. */
  const soon = useRef(() => {});
  const isHeard = useLive(({ event, data }) => {
    if (event === 'ready') return;
    if (event === 'reset' || isAbout?.({ event, data })) soon.current();
  }, what);
  const isLive = isHeard && isAbout !== undefined;
  const restMs = useRef(REST_MS);
  restMs.current = isLive ? LIVE_REST_MS : REST_MS;
  useEffect(() => {
    let timer = 0;
    /** The latest question: what was asked before it says nothing any more. */
    let latest = 0;
    let asked = 0;
    let isAsking = false;
    let isChanged = false;
    const rest = () => {
      timer = setTimeout(look, isChanged ? pauseMs : restMs.current);
    };
    const look = () => {
      if (document.visibilityState === 'hidden') return rest();
      const own = ++latest;
      asked = Date.now();
      isAsking = true;
      isChanged = false;
      ask().then((next) => {
        if (own !== latest) return;
        isAsking = false;
        setAnswer({ what, told: next });
        setAway(false);
        setRefused(false);
        rest();
      }, (error) => {
        if (own !== latest) return;
        isAsking = false;
        if (!passes(error)) {
          setRefused(true);
          return onFailed(error);
        }
        setAway(true);
        rest();
      });
    };
    soon.current = () => {
      const isFirst = !isChanged;
      isChanged = true;
      if (isAsking || !isFirst) return;
      clearTimeout(timer);
      timer = setTimeout(look, Math.max(0, asked + pauseMs - Date.now()));
    };
    const seen = () => {
      if (document.visibilityState === 'hidden') return;
      clearTimeout(timer);
      look();
    };
    look();
    document.addEventListener('visibilitychange', seen);
    return () => {
      latest = -1;
      soon.current = () => {};
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
    // Who hears nothing any more looks by the clock, and who hears again has missed something.
  }, [...what, looks, isLive]);
  // An answer to another question says nothing about this one.
  const told = isSame(answer.what, what) ? answer.told : null;
  return { told, isAway, isLive, isRefused, look: () => setLooks((count) => count + 1) };
}

/** @param {unknown[]} one @param {unknown[]} other */
function isSame(one, other) {
  return one.length === other.length && one.every((part, at) => Object.is(part, other[at]));
}
