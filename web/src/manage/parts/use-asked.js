// What the server says, asked for once, and again when a person wants it.

import { useEffect, useState } from 'preact/hooks';
import { passes } from '../../api/client.js';

/**
 * @template T
 * @param {() => Promise<T>} ask
 * @param {unknown[]} what another question when one of these changes
 * @param {(error: unknown) => void} onFailed
 * @returns {{ told: T | null, isAway: boolean, isRefused: boolean, look: () => void }} `isAway` where the server has not answered,
 *   `isRefused` where it will not
 */
export function useAsked(ask, what, onFailed) {
  const [told, setTold] = useState(/** @type {T | null} */ (null));
  const [state, setState] = useState(/** @type {'' | 'away' | 'refused'} */ (''));
  const [looks, setLooks] = useState(0);
  useEffect(() => setTold(null), what);
  useEffect(() => {
    let isOld = false;
    ask().then((next) => {
      if (isOld) return;
      setTold(next);
      setState('');
    }, (error) => {
      if (isOld) return;
      setState(passes(error) ? 'away' : 'refused');
      if (!passes(error)) onFailed(error);
    });
    return () => { isOld = true; };
  }, [...what, looks]);
  return { told, isAway: state === 'away', isRefused: state === 'refused', look: () => setLooks((count) => count + 1) };
}
