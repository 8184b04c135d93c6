// How the work is handed out and reviewed.

import { text } from '../../texts/texts.js';
import { SelectField, TextField } from '../parts/field.jsx';

/** @typedef {import('./draft.js').Draft} Draft */

const RULES = /** @type {const} */ (['all', 'sample', 'none']);

/** @param {{ draft: Draft, faults: import('../parts/faults.js').Fault[], put: (changes: Partial<Draft>) => void }} props */
export function WorkFields({ draft, faults, put }) {
  return (
    <>
      <div class="columns">
        <TextField label={text('newjob.range_size')} hint={text('newjob.range_hint')} path="range_size" faults={faults} isNumber value={draft.range_size} onInput={(range_size) => put({ range_size })} />
        <TextField label={text('newjob.slots')} hint={text('newjob.slots_hint')} path="slots" faults={faults} isNumber value={draft.slots} onInput={(slots) => put({ slots })} />
        <TextField label={text('newjob.lease')} hint={text('newjob.lease_hint')} path="lease_seconds" faults={faults} isNumber value={draft.lease_minutes} onInput={(lease_minutes) => put({ lease_minutes })} />
        <TextField label={text('newjob.rounds')} hint={text('newjob.rounds_hint')} path="rounds" faults={faults} isNumber value={draft.rounds} onInput={(rounds) => put({ rounds })} />
      </div>
      <div class="columns">
        <SelectField label={text('newjob.review')} path="review.rule" faults={faults} value={draft.rule} options={RULES} said={(one) => text(`newjob.review.${one}`)} onChange={(rule) => put({ rule })} />
        {draft.rule === 'sample' && <TextField label={text('newjob.percent')} path="review.percent" faults={faults} isNumber value={draft.percent} onInput={(percent) => put({ percent })} />}
      </div>
    </>
  );
}
