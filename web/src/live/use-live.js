// Pages that hear what happens, as it happens.

import { useEffect, useState } from 'preact/hooks';
import { LiveStream } from './stream.js';

/** @typedef {import('./stream.js').Message} Message */

/** @type {LiveStream | null} */
let stream = null;

/** Follows the stream of events for as long as somebody is signed in. */
export function useStream() {
  useEffect(() => {
    stream = new LiveStream({ EventSource, locks: navigator.locks, BroadcastChannel });
    opened.dispatchEvent(new Event('opened'));
    return () => {
      stream?.stop();
      stream = null;
      opened.dispatchEvent(new Event('opened'));
    };
  }, []);
}

/** Says when another stream is followed. */
const opened = new EventTarget();

/**
 * Whether the stream is read at the moment, and each message of it.
 * @param {(message: Message) => void} onMessage
 * @param {unknown[]} what another listener when one of these changes
 */
export function useLive(onMessage, what) {
  const [isLive, setLive] = useState(stream?.isLive ?? false);
  useEffect(() => {
    /** @type {LiveStream | null} */
    let heard = null;
    const live = () => setLive(heard?.isLive ?? false);
    const message = (/** @type {any} */ event) => onMessage(event.detail);
    const leave = () => {
      heard?.removeEventListener('live', live);
      heard?.removeEventListener('message', message);
    };
    const listen = () => {
      leave();
      heard = stream;
      heard?.addEventListener('live', live);
      heard?.addEventListener('message', message);
      live();
    };
    opened.addEventListener('opened', listen);
    listen();
    return () => {
      opened.removeEventListener('opened', listen);
      leave();
    };
  }, what);
  return isLive;
}
