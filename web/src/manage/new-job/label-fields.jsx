// What is labelled: classes with their shapes, tags with their values, and how much of either an item may have.

import { text } from '../../texts/texts.js';
import { LongField, SelectField, TextField } from '../parts/field.jsx';
import { Rows } from './rows.jsx';

/** @typedef {import('./draft.js').Draft} Draft */

/** @type {import('./draft.js').ClassShape[]} */
const SHAPES = ['rectangle', 'polygon', 'polyline', 'point', 'any'];

/** @param {{ draft: Draft, faults: import('../parts/faults.js').Fault[], put: import('./use-draft.js').Put }} props */
export function LabelFields({ draft, faults, put }) {
  const whole = (/** @type {string} */ path) => faults.filter(({ field }) => field === path).map(({ message }) => message);
  return (
    <>
      <Rows legend={text('classes.title')} hint={text('newjob.classes_hint')} faults={whole('classes')} add={text('newjob.add_class')} rows={draft.classes} least={1}
        empty={/** @type {Draft['classes'][number]} */ ({ name: '', shape: draft.classes.at(-1)?.shape ?? 'rectangle' })}
        nameOf={({ name }, at) => name || text('newjob.class', { number: at + 1 })} onChange={(change) => put((now) => ({ classes: change(now.classes) }))}>
        {(row, at, change) => (
          <>
            <TextField label={text('newjob.class', { number: at + 1 })} path={`classes[${at}]`} faults={faults} most={200} value={row.name} onInput={(name) => change({ name })} />
            <SelectField label={text('newjob.shape')} path={`classes[${at}].shape`} faults={[]} value={row.shape} options={SHAPES} said={shapeInWords} onChange={(shape) => change({ shape })} />
          </>
        )}
      </Rows>
      <Rows legend={text('newjob.tags')} hint={text('newjob.tags_hint')} faults={whole('tags')} add={text('newjob.add_tag')} rows={draft.tags} least={0} empty={{ name: '', values: '' }}
        nameOf={({ name }, at) => name || text('newjob.tag', { number: at + 1 })} onChange={(change) => put((now) => ({ tags: change(now.tags) }))}>
        {(row, at, change) => (
          <>
            <TextField label={text('newjob.tag', { number: at + 1 })} path={`tags[${at}]`} faults={faults} most={200} value={row.name} onInput={(name) => change({ name })} />
            <LongField label={text('newjob.values')} path={`tags[${at}].values`} faults={[]} rows={2} value={row.values} onInput={(values) => change({ values })} />
          </>
        )}
      </Rows>
      <div class="columns">
        <TextField label={text('newjob.figures')} hint={text('newjob.no_limit')} path="limits.figures" faults={faults} isNumber value={draft.figures} onInput={(figures) => put({ figures })} />
        <TextField label={text('newjob.item_tags')} hint={text('newjob.no_limit')} path="limits.tags" faults={faults} isNumber value={draft.item_tags} onInput={(item_tags) => put({ item_tags })} />
      </div>
    </>
  );
}

/** @param {import('./draft.js').ClassShape} shape */
function shapeInWords(shape) {
  return text(shape === 'any' ? 'newjob.any_shape' : `tool.${shape}`);
}
