// Says that what is shown may be old: because the server does not answer, or because nothing is heard of changes.

import { useEffect, useState } from 'preact/hooks';
import { useLive } from '../live/use-live.js';
import { text } from '../texts/texts.js';

/** A stream that is opened again at once is nothing to speak of. */
const GAP_MS = 5_000;

/** @param {{ isAway: boolean, isPart?: boolean, onLook: () => void }} props with whether it is a part of a page that says it already */
export function NotLive({ isAway, isPart = false, onLook }) {
  const isLive = useLive(() => {}, []);
  const [isSaid, setSaid] = useState(false);
  useEffect(() => {
    if (isLive) return setSaid(false);
    const timer = setTimeout(() => setSaid(true), GAP_MS);
    return () => clearTimeout(timer);
  }, [isLive]);
  if (isAway) {
    return <p class="warning" role="alert">{text('app.unreachable')} <button type="button" onClick={onLook}>{text('app.try_again')}</button></p>;
  }
  return isSaid && !isPart ? <p class="quiet" role="status">{text('app.not_live')}</p> : null;
}
