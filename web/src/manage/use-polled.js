// What the server says, asked for again and again while the page is in sight.

import { useEffect, useState } from 'preact/hooks';
import { passes } from '../api/client.js';

/** How long a page rests between two looks. */
const REST_MS = 10_000;

/**
 * @template T
 * @param {() => Promise<T>} ask
 * @param {unknown[]} what another question when one of these changes
 * @param {(error: unknown) => void} onFailed
 * @returns {{ told: T | null, isAway: boolean, isRefused: boolean, look: () => void }} `isAway` where the server has not answered
 *   the last question, `isRefused` where it will not answer it
 */
export function usePolled(ask, what, onFailed) {
  const [told, setTold] = useState(/** @type {T | null} */ (null));
  const [isAway, setAway] = useState(false);
  const [isRefused, setRefused] = useState(false);
  const [looks, setLooks] = useState(0);
  useEffect(() => setTold(null), what);
  useEffect(() => {
    let timer = 0;
    /** The latest question: what was asked before it says nothing any more. */
    let latest = 0;
    const rest = () => { timer = setTimeout(look, REST_MS); };
    const look = () => {
      if (document.visibilityState === 'hidden') return rest();
      const own = ++latest;
      ask().then((next) => {
        if (own !== latest) return;
        setTold(next);
        setAway(false);
        setRefused(false);
        rest();
      }, (error) => {
        if (own !== latest) return;
        if (!passes(error)) {
          setRefused(true);
          return onFailed(error);
        }
        setAway(true);
        rest();
      });
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
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [...what, looks]);
  return { told, isAway, isRefused, look: () => setLooks((count) => count + 1) };
}
