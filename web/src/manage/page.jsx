// The manager's pages: a board of all jobs, and one job.

import { useState } from 'preact/hooks';
import { TeamChoice } from '../shell/team-choice.jsx';
import { text } from '../texts/texts.js';
import { Board } from './board.jsx';
import { JobPage } from './job-page.jsx';

/** @param {import('../shell/shell.jsx').PageProps} props */
export function Page({ me, query, onGo, onFailed }) {
  const teams = me.teams.filter(({ roles }) => roles.includes('manager'));
  const [team, setTeam] = useState(teams[0]?.id ?? '');
  const job = new URLSearchParams(query).get('job');
  if (job !== null) return <JobPage key={job} id={job} onGo={onGo} onFailed={onFailed} />;
  return (
    <main id="main" class="calm wide">
      <h1>{text('manage.title')}</h1>
      <TeamChoice teams={teams} team={team} onChange={setTeam} />
      <Board key={team} team={team} onGo={onGo} onFailed={onFailed} />
    </main>
  );
}
