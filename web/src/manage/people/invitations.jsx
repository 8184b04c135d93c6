// Invitations into a team: made, shown once, and revoked.

import { useRef, useState } from 'preact/hooks';
import { invitations, invite, revokeInvitation } from '../../api/people.js';
import { dateAndTime, text } from '../../texts/texts.js';
import { NotLive } from '../not-live.jsx';
import { TextField } from '../parts/field.jsx';
import { faultsOf } from '../parts/faults.js';
import { Secret } from '../../shell/secret.jsx';
import { useAct } from '../parts/use-act.js';
import { aboutPeopleOf } from '../../live/about.js';
import { usePolled } from '../use-polled.js';
import { RoleChoice, rolesInWords } from './roles.jsx';

/** @typedef {import('../../api/types.js').Role} Role */
/** @typedef {import('../../api/types.js').Invitation} Invitation */

/** @param {{ team: string, onFailed: (error: unknown) => void }} props */
export function Invitations({ team, onFailed }) {
  const { told: page, isAway, look } = usePolled(() => invitations(team), [team], onFailed, aboutPeopleOf(team));
  const title = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  const { isBusy, fault, act } = useAct();
  const revoke = (/** @type {string} */ id) => act(() => revokeInvitation(id)).then((isDone) => {
    look();
    if (isDone) title.current?.focus();
  });
  return (
    <>
      <InvitationForm team={team} onMade={look} />
      <section>
        <h2 ref={title} tabIndex={-1}>{text('people.invited')}</h2>
        {fault && <p class="warning" role="alert">{fault}</p>}
        <NotLive isAway={isAway} onLook={look} />
        {page?.items.length === 0 && <p class="quiet">{text('people.invited_none')}</p>}
        <ul class="rows">
          {page?.items.map((one) => (
            <li key={one.id}>
              <div>
                <strong><bdi>{one.note ?? text('people.no_note')}</bdi></strong>
                <p class="quiet">{words(one)}</p>
              </div>
              <button type="button" aria-disabled={isBusy} aria-label={text('people.revoke_of', { name: one.note ?? '' })} onClick={() => revoke(one.id)}>{text('people.revoke')}</button>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

/** @param {Invitation} one */
function words(one) {
  return [
    rolesInWords(one.roles),
    text('people.invited_by', { name: one.invited_by_name ?? '' }),
    text('people.invited_until', { time: dateAndTime(new Date(one.expires_at)) }),
  ].join(' · ');
}

/** @param {{ team: string, onMade: () => void }} props */
function InvitationForm({ team, onMade }) {
  const [roles, setRoles] = useState(/** @type {Role[]} */ (['annotator']));
  const [note, setNote] = useState('');
  const [made, setMade] = useState('');
  const [faults, setFaults] = useState(/** @type {import('../parts/faults.js').Fault[]} */ ([]));
  const { isBusy, fault, act } = useAct();
  const send = () => act(async () => {
    setFaults([]);
    try {
      const invitation = await invite(team, { roles, ...(note.trim() && { note: note.trim() }) });
      setMade(`${location.origin}/#invitation=${invitation.invitation}`);
      setNote('');
      onMade();
    } catch (error) {
      setFaults(faultsOf(error));
      throw error;
    }
  });
  return (
    <section>
      <h2>{text('people.invite')}</h2>
      <form class="fields" onSubmit={(event) => { event.preventDefault(); void send(); }}>
        {fault && <p class="warning" role="alert">{fault}</p>}
        <TextField label={text('people.note')} hint={text('people.note_hint')} path="note" faults={faults} most={200} value={note} onInput={setNote} />
        <RoleChoice roles={roles} faults={faults} onChange={setRoles} />
        <div class="row"><button type="submit" class="main" aria-disabled={isBusy}>{text('people.invite_do')}</button></div>
      </form>
      {made && <Secret label={text('people.invitation')} value={made} note={text('people.invitation_note')} onClose={() => setMade('')} />}
    </section>
  );
}
