// What a person sees who holds nothing: one key takes what comes next, or why there is nothing and when it is looked again.

import { focus } from '../shell/focus.js';
import { TeamChoice } from '../shell/team-choice.jsx';
import { text, textOr, timeOfDay } from '../texts/texts.js';

/** What is taken next: ranges to label, or submissions to review. @typedef {'work' | 'reviews'} Kind */
/** @typedef {import('../api/types.js').Membership} Membership */

/** @param {{ kind: Kind, onTake: () => void, children: any }} props */
function Resting({ kind, onTake, children }) {
  return (
    <main id="main" class="calm">
      <h1>{text(`${kind}.title`)}</h1>
      <p>{text('work.rest')}</p>
      {children}
      <button type="button" class="main" ref={focus} onClick={onTake}>{text(`${kind}.take`)} <kbd>Enter</kbd></button>
    </main>
  );
}

/** @param {{ kind: Kind, blockers: import('../api/types.js').Blocker[], nextLook: Date, onLook: () => void, children: any }} props */
function NoWork({ kind, blockers, nextLook, onLook, children }) {
  return (
    <main id="main" class="calm">
      <h1>{text(`${kind}.none`)}</h1>
      <div role="status">
        <ul class="reasons">
          {blockers.map(({ reason, until }) => (
            <li key={reason}>{textOr(`${kind}.none.${reason}`, `${kind}.none.nothing-pending`, { time: until ? timeOfDay(new Date(until)) : '' })}</li>
          ))}
        </ul>
      </div>
      <p>{text('work.next_look', { time: timeOfDay(nextLook) })}</p>
      {children}
      <button type="button" class="main" ref={focus} onClick={onLook}>{text('work.look_now')} <kbd>Enter</kbd></button>
    </main>
  );
}

/**
 * @param {{ kind: Kind, holding: import('./holding.js').Holding<any>, teams: Membership[], team: string | undefined,
 *   onTeam: (team: string) => void }} props
 */
export function Waiting({ kind, holding, teams, team, onTeam }) {
  const { phase } = holding;
  const choice = <TeamChoice teams={teams} team={team} onChange={onTeam} />;
  const take = () => void holding.take();
  if (phase.name === 'no-work') return <NoWork kind={kind} blockers={phase.blockers} nextLook={phase.nextLook} onLook={take}>{choice}</NoWork>;
  if (phase.name === 'resting') return <Resting kind={kind} onTake={take}>{choice}</Resting>;
  const words = text(phase.name === 'unreachable' ? 'app.unreachable' : `${kind}.asking`);
  return <main id="main" class="calm"><p role="status">{words}</p></main>;
}
