// The time that is left for the range, and a warning before it ends. The warning lies over the picture's edge, so that
// nothing moves when it comes.

import { useModel } from '../shell/use-model.js';
import { span, text } from '../texts/texts.js';

/** @typedef {import('./lease-life.js').LeaseLife} LeaseLife */

/** @param {{ life: LeaseLife }} props */
export function LeaseTime({ life }) {
  useModel(life, 'tick');
  return <p class={life.isLow ? 'lease low' : 'lease'} title={text('lease.left_label')}>{text('lease.left', { time: span(life.left) })}</p>;
}

/** @param {{ life: LeaseLife }} props */
export function LeaseWarning({ life }) {
  useModel(life, 'tick');
  if (!life.isLow) return null;
  return (
    <div class="over top warning" role="alert">
      {life.left === 0 ? (
        <>
          <p>{text('lease.lapsed')}</p>
          <button type="button" class="main" onClick={() => life.goOn()}>{text('lease.go_on')}</button>
        </>
      ) : <p>{text('lease.ends', { time: span(life.left) })}</p>}
    </div>
  );
}
