// The work page: what is to be done next, or why there is nothing.

import { useEffect, useState } from 'preact/hooks';
import { focus } from '../shell/focus.js';
import { useModel } from '../shell/use-model.js';
import { text, textOr, timeOfDay } from '../texts/texts.js';
import { Labelling } from './labelling.jsx';
import { LostRange } from './lost-range.jsx';
import { Work } from './work.js';

/** @param {import('../shell/shell.jsx').PageProps} props */
export default function WorkPage({ me, outbox, bindings, onHelp, onFailed }) {
  const teams = me.teams.filter((membership) => membership.roles.includes('annotator'));
  const [team, setTeam] = useState(teams[0]?.id);
  const [work, setWork] = useState(() => new Work(outbox, me.user.id, team));
  useModel(work, 'change');
  useEffect(() => {
    const failed = (/** @type {any} */ event) => onFailed(event.detail);
    work.addEventListener('failed', failed);
    work.start();
    return () => {
      work.removeEventListener('failed', failed);
      work.stop();
    };
  }, [work]);

  const { phase } = work;
  const chooseTeam = teams.length > 1 && (
    <TeamChoice teams={teams} team={team} onChange={(chosen) => {
      setTeam(chosen);
      setWork(new Work(outbox, me.user.id, chosen));
    }} />
  );
  switch (phase.name) {
    case 'working':
    case 'handing-in':
      return <Labelling key={phase.range.id} work={work} phase={phase} outbox={outbox} bindings={bindings} onHelp={onHelp} />;
    case 'lost':
      return <LostRange range={phase.range} reason={phase.reason} onNext={() => work.take()} />;
    case 'no-work':
      return <NoWork phase={phase} onLook={() => work.take()}>{chooseTeam}</NoWork>;
    case 'unreachable':
      return <main id="main" class="calm"><p role="status">{text('app.unreachable')}</p></main>;
    case 'asking':
      return <main id="main" class="calm"><p role="status">{text('work.asking')}</p></main>;
    case 'resting':
      return <Resting onTake={() => work.take()}>{chooseTeam}</Resting>;
  }
}

/** @param {{ onTake: () => void, children: any }} props */
function Resting({ onTake, children }) {
  return (
    <main id="main" class="calm">
      <h1>{text('work.title')}</h1>
      <p>{text('work.rest')}</p>
      {children}
      <button type="button" class="main" ref={focus} onClick={onTake}>{text('work.take')} <kbd>Enter</kbd></button>
    </main>
  );
}

/** @param {{ phase: Extract<import('./work.js').Phase, { name: 'no-work' }>, onLook: () => void, children: any }} props */
function NoWork({ phase, onLook, children }) {
  return (
    <main id="main" class="calm">
      <h1>{text('work.none')}</h1>
      <ul class="reasons" role="status">
        {phase.blockers.map(({ reason, until }) => (
          <li key={reason}>{textOr(`work.none.${reason}`, 'work.none.nothing-pending', { time: until ? timeOfDay(new Date(until)) : '' })}</li>
        ))}
      </ul>
      <p>{text('work.next_look', { time: timeOfDay(phase.nextLook) })}</p>
      {children}
      <button type="button" class="main" ref={focus} onClick={onLook}>{text('work.look_now')} <kbd>Enter</kbd></button>
    </main>
  );
}

/** @param {{ teams: import('../api/types.js').Membership[], team: string | undefined, onChange: (team: string) => void }} props */
function TeamChoice({ teams, team, onChange }) {
  return (
    <label class="field">
      {text('work.team')}
      <select value={team} onChange={(event) => onChange(event.currentTarget.value)}>
        {teams.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
      </select>
    </label>
  );
}
