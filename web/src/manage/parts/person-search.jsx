// Somebody of a team, found by a part of their name.

import { useEffect, useRef, useState } from 'preact/hooks';
import { membersCalled } from '../../api/people.js';
import { text } from '../../texts/texts.js';

/** @typedef {import('../../api/people.js').Named} Named */

/** How long somebody may go on typing before people are looked for. */
const TYPING_MS = 200;
/** People that are offered at once. */
const OFFERED = 20;

/**
 * @param {{ team: string, role: 'annotator' | 'reviewer', legend: string, chosen: Named[], onToggle: (person: Named) => void,
 *   invalid?: boolean, describedBy?: string, children?: any }} props with what stands before the people as children
 */
export function PersonSearch({ team, role, legend, chosen, onToggle, invalid, describedBy, children }) {
  const [part, setPart] = useState('');
  const found = useFound(team, part, role);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const isChosen = (/** @type {Named} */ { id }) => chosen.some((one) => one.id === id);
  const offered = [...chosen.filter(({ id }) => !found.some((one) => one.id === id)), ...found];
  const toggle = (/** @type {Named} */ person) => {
    onToggle(person);
    // The button of somebody who is not looked for goes with the choice, and the focus would go with it.
    if (!found.some(({ id }) => id === person.id)) field.current?.focus();
  };
  return (
    <fieldset>
      <legend>{legend}</legend>
      <label class="field">
        {text('manage.find_person')}
        <input ref={field} type="text" autocomplete="off" maxLength={200} value={part} aria-invalid={invalid || undefined} aria-describedby={describedBy}
          onInput={(event) => setPart(event.currentTarget.value)} />
      </label>
      <div class="chips">
        {children}
        {offered.map((person) => (
          <button key={person.id} type="button" aria-pressed={isChosen(person)} onClick={() => toggle(person)}>{person.name}</button>
        ))}
      </div>
    </fieldset>
  );
}

/** @param {string} team @param {string} part @param {'annotator' | 'reviewer'} role */
function useFound(team, part, role) {
  const [found, setFound] = useState(/** @type {Named[]} */ ([]));
  useEffect(() => {
    let isOld = false;
    const timer = setTimeout(() => {
      // Without an answer nobody is offered, and the work can still go to anyone.
      membersCalled(team, part.trim()).then(({ items }) => {
        const able = items.filter(({ roles }) => roles.includes(role));
        if (!isOld) setFound(able.slice(0, OFFERED).map(({ user }) => user).sort((one, other) => one.name.localeCompare(other.name)));
      }, () => {});
    }, TYPING_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [team, part, role]);
  return found;
}
