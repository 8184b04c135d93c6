// What a person may do in the team, and the way out of it. What they hold goes back to the queue with a lost role.

import { useState } from 'preact/hooks';
import { removeMember, setRoles } from '../../api/people.js';
import { text } from '../../texts/texts.js';
import { SureButton } from '../parts/sure-button.jsx';
import { useAct } from '../parts/use-act.js';
import { RoleChoice } from './roles.jsx';

/** @typedef {import('../../api/types.js').Role} Role */

/**
 * @param {{ member: import('../../api/people.js').Member, team: string, held: import('./holdings.jsx').Held[] | null,
 *   onChanged: () => void }} props
 */
export function Membership({ member: { user, roles }, team, held, onChanged }) {
  const [chosen, setChosen] = useState(roles);
  const [isSaved, setSaved] = useState(false);
  const { isBusy, fault, act } = useAct();
  const lost = roles.filter((role) => !chosen.includes(role));
  const isSame = lost.length === 0 && chosen.length === roles.length;
  const count = held?.length ?? 0;
  const save = () => act(() => setRoles(team, user.id, chosen)).then((isDone) => {
    setSaved(isDone);
    if (isDone) onChanged();
  });
  const remove = () => act(() => removeMember(team, user.id)).then((isDone) => {
    if (!isDone) return;
    onChanged();
    // The row goes, and the focus would go with it.
    document.getElementById('find-person')?.focus();
  });
  return (
    <section>
      {fault && <p class="warning" role="alert">{fault}</p>}
      <RoleChoice roles={chosen} onChange={(next) => { setChosen(next); setSaved(false); }} />
      <div class="row">
        <span role="status">{isSaved ? text('people.saved') : ''}</span>
        <SureButton label={text('people.remove')} disabled={isBusy} sure={text('people.remove_sure', { name: user.name })}
          question={text(count > 0 ? 'people.remove_holding' : 'people.remove_what', { name: user.name, count })} onSure={remove} />
        {lost.length > 0
          ? <SureButton label={text('people.save_roles')} disabled={isBusy || chosen.length === 0} sure={text('people.save_sure')}
            question={text('people.lose_roles', { name: user.name, count })} onSure={save} />
          : <button type="button" class="main" aria-disabled={isBusy || isSame} onClick={() => !isSame && save()}>{text('people.save_roles')}</button>}
      </div>
    </section>
  );
}
