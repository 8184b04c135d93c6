// The time that is left for the range, and a warning before it ends.

import { useModel } from '../shell/use-model.js';
import { span, text } from '../texts/texts.js';

/** @param {{ life: import('./lease-life.js').LeaseLife }} props */
export function LeaseTime({ life }) {
  useModel(life, 'tick');
  const { left } = life;
  if (left === 0) {
    return <p class="lease warning" role="alert">{text('lease.lapsed')} <button type="button" onClick={() => life.goOn()}>{text('lease.go_on')}</button></p>;
  }
  if (life.isLow) return <p class="lease warning" role="alert">{text('lease.ends', { time: span(left) })}</p>;
  return <p class="lease" title={text('lease.left_label')}>{text('lease.left', { time: span(left) })}</p>;
}
