// The manager's pages: jobs, datasets and people, each as a list and one by one.

import { useRef, useState } from 'preact/hooks';
import { TeamChoice } from '../shell/team-choice.jsx';
import { text } from '../texts/texts.js';
import { Board } from './board.jsx';
import { DatasetPage } from './datasets/dataset-page.jsx';
import { DatasetsPage } from './datasets/datasets-page.jsx';
import { NewDatasetPage } from './datasets/new-dataset-page.jsx';
import { JobPage } from './job-page.jsx';
import { NewJobPage } from './new-job/new-job-page.jsx';
import { arrive } from './parts/arrival.js';
import { Link } from './parts/link.jsx';
import { Title } from './parts/title.jsx';
import { PeoplePage } from './people/people-page.jsx';
import { placeOf } from './place.js';

/** The lists, and which pages belong to each. */
const LISTS = /** @type {const} */ ([
  { to: '/manage', name: 'manage.title', kinds: ['jobs', 'job', 'new'] },
  { to: '/manage?datasets', name: 'datasets.title', kinds: ['datasets', 'dataset', 'new-dataset'] },
  { to: '/manage?people', name: 'people.title', kinds: ['people'] },
]);

/** @param {import('../shell/shell.jsx').PageProps} props */
export function Page({ me, query, onGo, onFailed }) {
  const teams = me.teams.filter(({ roles }) => roles.includes('manager'));
  const [team, setTeam] = useState(() => rememberedOf(teams));
  const place = placeOf(query);
  const key = keyOf(place);
  const shown = useRef(key);
  if (shown.current !== key) {
    shown.current = key;
    arrive();
  }
  const choose = (/** @type {string} */ next) => {
    if (next === team || !teams.some(({ id }) => id === next)) return;
    sessionStorage.setItem(REMEMBERED, next);
    setTeam(next);
  };
  return (
    <>
      <nav class="lists" aria-label={text('manage.lists')}>
        {LISTS.map(({ to, name, kinds }) => (
          <Link key={to} to={to} onGo={onGo} current={/** @type {readonly string[]} */ (kinds).includes(place.kind)}>{text(name)}</Link>
        ))}
      </nav>
      <Shown key={'id' in place ? key : `${team} ${key}`} place={place} user={me.user.id} team={team} onTeam={choose} onGo={onGo} onFailed={onFailed}
        choice={<TeamChoice teams={teams} team={team} onChange={choose} />} />
    </>
  );
}

/**
 * @param {{ place: import('./place.js').Place, user: string, team: string, choice: any, onTeam: (team: string) => void,
 *   onGo: (address: string) => void, onFailed: (error: unknown) => void }} props with the choice of the team, which lists show; what
 *   is opened by its id says of which team it is
 */
function Shown({ place, user, team, choice, onTeam, onGo, onFailed }) {
  if (place.kind === 'job') return <JobPage id={place.id} wanted={place.wanted} onTeam={onTeam} onGo={onGo} onFailed={onFailed} />;
  if (place.kind === 'dataset') return <DatasetPage id={place.id} isMissing={place.isMissing} onTeam={onTeam} onGo={onGo} onFailed={onFailed} />;
  if (place.kind === 'new') return <NewJobPage user={user} team={team} dataset={place.dataset} choice={choice} onGo={onGo} onFailed={onFailed} />;
  if (place.kind === 'datasets') return <DatasetsPage team={team} choice={choice} onGo={onGo} onFailed={onFailed} />;
  if (place.kind === 'new-dataset') return <NewDatasetPage team={team} choice={choice} onGo={onGo} />;
  if (place.kind === 'people') return <PeoplePage team={team} name={place.name} choice={choice} onGo={onGo} onFailed={onFailed} />;
  return (
    <main id="main" class="calm wide">
      <div class="job-head">
        <Title>{text('manage.title')}</Title>
        <Link to="/manage?new" onGo={onGo} class="button main">{text('newjob.open')}</Link>
      </div>
      {choice}
      <Board team={team} onGo={onGo} onFailed={onFailed} />
    </main>
  );
}

/** What tells one page from another: what narrows a list does not. @param {import('./place.js').Place} place */
function keyOf(place) {
  return 'id' in place ? `${place.kind} ${place.id}` : place.kind;
}

/** Where a tab remembers which team its pages are about. */
const REMEMBERED = 'swath.manage.team';

/** @param {import('../api/types.js').Membership[]} teams */
function rememberedOf(teams) {
  const remembered = sessionStorage.getItem(REMEMBERED);
  return teams.some(({ id }) => id === remembered) ? remembered ?? '' : teams[0]?.id ?? '';
}
