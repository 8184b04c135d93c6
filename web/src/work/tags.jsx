// Tags of a picture or of a figure: a choice where the job lists values, else free words.

import { text } from '../texts/texts.js';

/** @typedef {import('../api/types.js').Tag} Tag */

/** @param {{ title: string, definitions: import('../api/types.js').TagDefinition[], tags: Tag[], onChange: (tags: Tag[]) => void }} props */
export function Tags({ title, definitions, tags, onChange }) {
  if (definitions.length === 0) return null;
  /** @param {string} name @param {Tag | null} tag */
  const put = (name, tag) => onChange([...tags.filter((one) => one.name !== name), ...(tag ? [tag] : [])]);
  return (
    <section>
      <h2>{title}</h2>
      {definitions.map(({ name, values }) => {
        const tag = tags.find((one) => one.name === name) ?? null;
        return values ? (
          <label key={name} class="field">
            {name}
            <select value={tag?.value ?? ''} onChange={({ currentTarget: { value } }) => put(name, value === '' ? null : { name, value })}>
              <option value="">{text('tags.none')}</option>
              {values.map((value) => <option key={value} value={value}>{value}</option>)}
            </select>
          </label>
        ) : (
          <div key={name} class="field">
            <label class="check">
              <input type="checkbox" checked={tag !== null} onChange={({ currentTarget: { checked } }) => put(name, checked ? { name } : null)} />
              {name}
            </label>
            {tag && (
              <input type="text" aria-label={name} maxLength={1000} value={tag.value ?? ''} onKeyDown={leave}
                onChange={({ currentTarget: { value } }) => put(name, value.trim() === '' ? { name } : { name, value })} />
            )}
          </div>
        );
      })}
    </section>
  );
}

/** Enter is done with the words, and gives the keys back to the picture. @param {import('preact').TargetedKeyboardEvent<HTMLInputElement>} event */
function leave(event) {
  if (event.key === 'Enter') event.currentTarget.blur();
}
