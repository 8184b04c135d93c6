// The range at a glance: one mark per item, with what stands of it.

import { useEffect, useRef } from 'preact/hooks';
import { text } from '../texts/texts.js';
import { stateOf } from './range.js';

/** A sign beside the colour, for those who do not tell colours apart. @type {Record<import('./range.js').State, string>} */
const SIGNS = { missing: '', draft: '…', unsent: '↑', saved: '✓', skipped: '–', 'sent-back': '↩', refused: '!' };

/** @param {{ range: import('./range.js').Range, onGo: (at: number) => void }} props */
export function Strip({ range, onGo }) {
  const here = useRef(/** @type {HTMLButtonElement | null} */ (null));
  useEffect(() => here.current?.scrollIntoView({ block: 'nearest', inline: 'center' }), [range.at]);
  const { done, count } = range;
  const { number, round } = range.lease.assignment;
  return (
    <nav class="strip" aria-label={text('range.strip')}>
      <p>
        <strong>{text('range.place', { at: range.at + 1, count })}</strong>
        {' · '}{text('range.done', { done, count })}
        {' · '}{text('range.title', { number: number + 1 })}
        {round > 1 && <>{', '}{text('range.round', { round })}</>}
      </p>
      <ol>
        {range.entries.map((entry, at) => {
          const state = stateOf(entry);
          const label = text('range.item', { at: at + 1, state: text(`state.${state}`) });
          return (
            <li key={entry.item.index}>
              <button type="button" ref={at === range.at ? here : undefined} data-state={state} aria-current={at === range.at ? 'step' : undefined}
                aria-label={label} title={label} onMouseDown={(event) => event.preventDefault()} onClick={() => onGo(at)}>{SIGNS[state]}</button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
