// One person of a team; open, it shows all that a manager sees and does of them.

import { useState } from 'preact/hooks';
import { text } from '../../texts/texts.js';
import { Holdings, useHoldings } from './holdings.jsx';
import { Membership } from './membership.jsx';
import { rolesInWords } from './roles.jsx';
import { SignIn } from './sign-in.jsx';

/**
 * @param {{ member: import('../../api/people.js').Member, team: string, startsOpen: boolean, onChanged: () => void,
 *   onGo: (address: string) => void, onFailed: (error: unknown) => void }} props
 */
export function MemberRow({ member, team, startsOpen, onChanged, onGo, onFailed }) {
  const [isOpen, setOpen] = useState(startsOpen);
  return (
    <li>
      <div>
        <strong><bdi>{member.user.name}</bdi></strong>
        <p class="quiet">{rolesInWords(member.roles)}</p>
      </div>
      <button type="button" class="quiet" aria-expanded={isOpen} aria-label={text('people.details_of', { name: member.user.name })} onClick={() => setOpen(!isOpen)}>{text('people.details')}</button>
      {isOpen && <Details member={member} team={team} onChanged={onChanged} onGo={onGo} onFailed={onFailed} />}
    </li>
  );
}

/**
 * @param {{ member: import('../../api/people.js').Member, team: string, onChanged: () => void, onGo: (address: string) => void,
 *   onFailed: (error: unknown) => void }} props
 */
function Details({ member, team, onChanged, onGo, onFailed }) {
  const held = useHoldings(team, member.user.id, onFailed);
  const changed = () => {
    held.look();
    onChanged();
  };
  return (
    <div class="details">
      <Holdings held={held} onGo={onGo} />
      <Membership member={member} team={team} held={held.told} onChanged={changed} />
      <SignIn user={member.user} team={team} onFailed={onFailed} />
    </div>
  );
}
