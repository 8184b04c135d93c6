// Says that what is shown may be old, because the server does not answer.

import { text } from '../texts/texts.js';

/** @param {{ isAway: boolean, onLook: () => void }} props */
export function NotLive({ isAway, onLook }) {
  if (!isAway) return null;
  return <p class="warning" role="alert">{text('app.unreachable')} <button type="button" onClick={onLook}>{text('app.try_again')}</button></p>;
}
