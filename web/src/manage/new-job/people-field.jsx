// Who may work on a job: everybody, or the people who are picked.

import { useId } from 'preact/hooks';
import { text } from '../../texts/texts.js';
import { faultsAt } from '../parts/faults.js';
import { PersonSearch } from '../parts/person-search.jsx';

/** @typedef {import('../../api/people.js').Named} Named */

/**
 * @param {{ field: 'annotators' | 'reviewers', team: string, people: Named[], faults: import('../parts/faults.js').Fault[],
 *   onChange: (people: Named[]) => void }} props
 */
export function PeopleField({ field, team, people, faults, onChange }) {
  const id = useId();
  const said = faultsAt(faults, field).map((fault) => words(fault, people));
  const toggle = (/** @type {Named} */ person) => {
    const others = people.filter((one) => one.id !== person.id);
    onChange(others.length < people.length ? others : [...people, person]);
  };
  return (
    <div class="field">
      <PersonSearch team={team} role={field === 'annotators' ? 'annotator' : 'reviewer'} legend={text(`newjob.${field}`)} chosen={people} onToggle={toggle}
        invalid={said.length > 0} describedBy={id}>
        <button type="button" aria-pressed={people.length === 0} onClick={() => onChange([])}>{text(`newjob.all_${field}`)}</button>
      </PersonSearch>
      <p id={id} class={said.length > 0 ? 'fault' : 'hidden'}>{said.join('; ')}</p>
    </div>
  );
}

/** Says of whom it is. @param {import('../parts/faults.js').Fault} fault @param {Named[]} people */
function words({ field = '', message }, people) {
  const person = people[Number(/\[(\d+)\]/.exec(field)?.[1] ?? -1)];
  return person ? `${person.name}: ${message}` : message;
}
