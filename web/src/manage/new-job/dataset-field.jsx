// The dataset of a new job, found by a part of its name, with a look at its items.

import { useEffect, useId, useState } from 'preact/hooks';
import { dataset as askDataset, datasets } from '../../api/datasets.js';
import { text } from '../../texts/texts.js';
import { faultsAt } from '../parts/faults.js';
import { Items } from '../parts/items.jsx';
import { Link } from '../parts/link.jsx';

/** @typedef {import('../../api/people.js').Named} Named */

/** How long somebody may go on typing before datasets are looked for. */
const TYPING_MS = 200;
/** Datasets that are offered at once. */
const OFFERED = 12;
/** Items that are shown at once. */
const LOOK = 12;

/**
 * @param {{ team: string, named: string, chosen: Named | null, faults: import('../parts/faults.js').Fault[],
 *   onChoose: (dataset: Named | null) => void, onGo: (address: string) => void, onFailed: (error: unknown) => void }} props with the id that the address names
 */
export function DatasetField({ team, named, chosen, faults, onChoose, onGo, onFailed }) {
  const id = useId();
  const [part, setPart] = useState('');
  const found = useFound(team, part);
  const said = faultsAt(faults, 'dataset').map(({ message }) => message);
  const offered = chosen && !found?.some((one) => one.id === chosen.id) ? [chosen, ...(found ?? [])] : found ?? [];
  useEffect(() => {
    if (named) askDataset(named).then(({ id: known, name }) => onChoose({ id: known, name }), onFailed);
  }, [named]);
  return (
    <fieldset>
      <legend>{text('newjob.dataset')}</legend>
      <label class="field">
        {text('manage.find_name')}
        <input type="text" autocomplete="off" maxLength={200} value={part} aria-invalid={said.length > 0 || undefined} aria-describedby={id}
          onInput={(event) => setPart(event.currentTarget.value)} />
      </label>
      <p id={id} class={said.length > 0 ? 'fault' : 'hidden'}>{said.join('; ')}</p>
      <div class="chips">
        {offered.map((one) => (
          <button key={one.id} type="button" aria-pressed={one.id === chosen?.id} onClick={() => onChoose(one.id === chosen?.id ? null : { id: one.id, name: one.name })}>{one.name}</button>
        ))}
        {found !== null && offered.length === 0 && <p class="quiet">{text('datasets.none')} <Link to="/manage?datasets=new" onGo={onGo}>{text('datasets.new')}</Link></p>}
      </div>
      {chosen && <Items key={chosen.id} dataset={chosen.id} limit={LOOK} onFailed={onFailed} />}
    </fieldset>
  );
}

/** Those of which jobs can be made; null as long as nobody knows. @param {string} team @param {string} part */
function useFound(team, part) {
  const [found, setFound] = useState(/** @type {Named[] | null} */ (null));
  useEffect(() => {
    let isOld = false;
    const timer = setTimeout(() => {
      // Without an answer none is offered; typing on asks again.
      datasets(team, { name: part.trim(), state: 'ready' }, '').then(({ items }) => !isOld && setFound(items.slice(0, OFFERED)), () => {});
    }, TYPING_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [team, part]);
  return found;
}
