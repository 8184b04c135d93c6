// The place of the other opinion, beside the submission.

import { useEffect, useRef } from 'preact/hooks';
import { KeyHint } from '../keys/key-hint.jsx';
import { why } from '../lease/reasons.js';
import { keepFocus } from '../shell/focus.js';
import { useModel } from '../shell/use-model.js';
import { text, textOr } from '../texts/texts.js';

/** @typedef {import('./comparison.js').Comparison} Comparison */
/** @typedef {import('../api/types.js').Job} Job */

/** @param {{ comparison: Comparison, job: Job, slot: number, bindings: import('../keys/bindings.js').Bindings }} props */
export function ComparePane({ comparison, job, slot, bindings }) {
  const target = useRef(/** @type {HTMLDivElement | null} */ (null));
  useModel(comparison, 'change');
  useEffect(() => {
    if (target.current) comparison.mount(target.current);
    return () => comparison.unmount();
  }, [comparison]);
  const { opinion, opinions, at, state } = comparison;
  const words = opinion ? describe(opinion, job, slot) : '';
  return (
    <>
      <p class="caption own" role="status">{opinion ? text('compare.own', { count: comparison.differing }) : text('compare.own_alone')}</p>
      <div class="caption other" role="status">
        <p>{words || (state !== 'idle' && text(`compare.${state}`))}</p>
        {state === 'failed' && <button type="button" onClick={() => comparison.retry()}>{text('app.try_again')}</button>}
        {opinions.length > 1 && (
          <button type="button" onMouseDown={keepFocus} onClick={() => comparison.next()}>
            {text('range.place', { at: at + 1, count: opinions.length })} <KeyHint bindings={bindings} command="next_opinion" />
            <span class="hidden">{text('key.next_opinion')}</span>
          </button>
        )}
      </div>
      <div class="other-picture" role="img" aria-label={words || text('compare.title')}>
        <div ref={target} class="canvas" />
      </div>
    </>
  );
}

/** Whose word it is, and what became of it. @param {import('../api/types.js').Opinion} opinion @param {Job} job @param {number} slot */
function describe(opinion, job, slot) {
  const whose = opinion.slot === slot ? 'compare.former' : 'compare.other';
  const { annotation, verdict } = opinion;
  const reason = verdict?.verdict === 'reject' ? why(job, verdict) : '';
  return [
    text(whose, { round: opinion.round, slot: opinion.slot + 1 }),
    verdict ? text(verdict.verdict === 'accept' ? 'review.state.accepted' : 'review.state.rejected') : textOr(`status.${opinion.status}`, 'status.other'),
    reason,
    annotation?.skip ? text('item.skipped', { reason: annotation.skip.reason }) : '',
    annotation ? '' : text('compare.empty'),
  ].filter(Boolean).join(' · ');
}
