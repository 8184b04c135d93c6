// The time that is left for what is held, and a warning before it ends. The warning lies over the picture's edge, so that
// nothing moves when it comes.

import { useModel } from '../shell/use-model.js';
import { span, text } from '../texts/texts.js';

/** @typedef {import('./lease-life.js').LeaseLife} LeaseLife */
/** What is held: a range, or a submission under review. @typedef {'lease' | 'review_lease'} Kind */

/** @param {{ life: LeaseLife, kind?: Kind }} props */
export function LeaseTime({ life, kind = 'lease' }) {
  useModel(life, 'tick');
  return <p class={life.isLow ? 'lease low' : 'lease'} title={text(`${kind}.left_label`)}>{text('lease.left', { time: span(life.left) })}</p>;
}

/** @param {{ life: LeaseLife, kind?: Kind }} props */
export function LeaseWarning({ life, kind = 'lease' }) {
  useModel(life, 'tick');
  if (!life.isLow) return null;
  return (
    <div class="over top warning" role="alert">
      {life.left === 0 ? (
        <>
          <p>{text(`${kind}.lapsed`)}</p>
          <button type="button" class="main" onClick={() => life.goOn()}>{text('lease.go_on')}</button>
        </>
      ) : <p>{text(`${kind}.ends`, { time: span(life.left) })}</p>}
    </div>
  );
}
