// What a job says about the work, and when it is due: for a new one, and for one that runs.

import { text } from '../../texts/texts.js';
import { LongField, MomentField, SelectField, TextField } from '../parts/field.jsx';

/** @typedef {import('../parts/faults.js').Fault} Fault */
/** What both forms hold of it. @typedef {Pick<import('./draft.js').Draft, 'title' | 'description' | 'instructions' | 'due' | 'priority'>} Texts */

/** The longest text, in characters. */
const TEXT_MAX = 20_000;
/** @type {import('../../api/types.js').Priority[]} */
const PRIORITIES = ['low', 'normal', 'high', 'release_blocker'];

/** @param {{ draft: Texts, faults: Fault[], put: (changes: Partial<Texts>) => void }} props */
export function TextFields({ draft, faults, put }) {
  return (
    <>
      <TextField label={text('newjob.title')} path="title" faults={faults} most={200} value={draft.title} onInput={(title) => put({ title })} />
      <LongField label={text('newjob.description')} hint={text('newjob.markdown')} path="description" faults={faults} most={TEXT_MAX} value={draft.description} onInput={(description) => put({ description })} />
      <LongField label={text('newjob.instructions')} hint={text('newjob.instructions_hint')} path="instructions" faults={faults} most={TEXT_MAX} rows={3} value={draft.instructions} onInput={(instructions) => put({ instructions })} />
    </>
  );
}

/** @param {{ reasons: string, faults: Fault[], onInput: (reasons: string) => void }} props */
export function ReasonsField({ reasons, faults, onInput }) {
  return <LongField label={text('newjob.reasons')} hint={text('newjob.reasons_hint')} path="reasons" faults={faults} rows={3} value={reasons} onInput={onInput} />;
}

/** @param {{ draft: Texts, faults: Fault[], put: (changes: Partial<Texts>) => void }} props */
export function UrgencyFields({ draft, faults, put }) {
  return (
    <div class="columns">
      <MomentField label={text('newjob.due')} path="due_date" faults={faults} value={draft.due} onInput={(due) => put({ due })} />
      <SelectField label={text('newjob.priority')} path="priority" faults={faults} value={draft.priority} options={PRIORITIES} said={(one) => text(`priority.${one}`)} onChange={(priority) => put({ priority })} />
    </div>
  );
}
