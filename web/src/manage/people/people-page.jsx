// The people of a team, and who is invited into it.

import { useState } from 'preact/hooks';
import { membersCalled, PEOPLE_MAX } from '../../api/people.js';
import { text } from '../../texts/texts.js';
import { NotLive } from '../not-live.jsx';
import { Title } from '../parts/title.jsx';
import { aboutPeopleOf } from '../../live/about.js';
import { usePolled } from '../use-polled.js';
import { Invitations } from './invitations.jsx';
import { MemberRow } from './member-row.jsx';

/** @typedef {import('../../api/people.js').Member} Member */

/** @param {{ team: string, name: string, choice: any, onGo: (address: string) => void, onFailed: (error: unknown) => void }} props */
export function PeoplePage({ team, name: first, choice, onGo, onFailed }) {
  const [name, setName] = useState(first);
  const { told: page, isAway, isRefused, look } = usePolled(() => membersCalled(team, name.trim()), [team, name.trim()], onFailed, aboutPeopleOf(team));
  const members = byName(page?.items ?? []);
  return (
    <main id="main" class="calm wide">
      <Title>{text('people.title')}</Title>
      {choice}
      <section>
        <h2>{text('people.members')}</h2>
        <div class="filters">
          <label class="field">
            {text('manage.find_name')}
            <input id="find-person" type="text" autocomplete="off" value={name} maxLength={200} onInput={(event) => setName(event.currentTarget.value)} />
          </label>
        </div>
        <NotLive isAway={isAway} onLook={look} />
        {page === null && !isAway && !isRefused && <p role="status">{text('app.loading')}</p>}
        {page !== null && members.length === 0 && <p class="quiet">{text('people.none')}</p>}
        <ul class="rows">
          {members.map((member) => (
            <MemberRow key={member.user.id} member={member} team={team} startsOpen={first !== '' && members.length === 1} onChanged={look} onGo={onGo} onFailed={onFailed} />
          ))}
        </ul>
        {page?.next && <p class="quiet">{text('people.newest_only', { count: PEOPLE_MAX })}</p>}
      </section>
      <Invitations team={team} onFailed={onFailed} />
    </main>
  );
}

/** @param {Member[]} members */
function byName(members) {
  return [...members].sort((one, other) => one.user.name.localeCompare(other.user.name));
}
