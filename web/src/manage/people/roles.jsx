// What somebody may do in a team, as words and as a choice.

import { useId } from 'preact/hooks';
import { text } from '../../texts/texts.js';
import { faultsAt } from '../parts/faults.js';

/** @typedef {import('../../api/types.js').Role} Role */

/** In the order in which they are said. @type {Role[]} */
const ROLES = ['annotator', 'reviewer', 'manager'];

/** @param {Role[]} roles */
export function rolesInWords(roles) {
  return ROLES.filter((role) => roles.includes(role)).map((role) => text(`role.${role}`)).join(', ');
}

/** @param {{ roles: Role[], faults?: import('../parts/faults.js').Fault[], onChange: (roles: Role[]) => void }} props */
export function RoleChoice({ roles, faults = [], onChange }) {
  const id = useId();
  const said = faultsAt(faults, 'roles');
  const toggle = (/** @type {Role} */ role) => onChange(ROLES.filter((one) => (one === role ? !roles.includes(one) : roles.includes(one))));
  return (
    <fieldset>
      <legend>{text('people.roles')}</legend>
      <div class="checks">
        {ROLES.map((role) => (
          <label key={role} class="check">
            <input type="checkbox" checked={roles.includes(role)} aria-invalid={said.length > 0 || undefined} aria-describedby={said.length > 0 ? id : undefined} onChange={() => toggle(role)} />
            {text(`role.${role}`)}
          </label>
        ))}
      </div>
      {said.length > 0 && <p id={id} class="fault">{said.map(({ message }) => message).join('; ')}</p>}
    </fieldset>
  );
}
