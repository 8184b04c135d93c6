// My own list: what I hold, what came back, what I did today, and what is not on the server yet.

import { useEffect, useState } from 'preact/hooks';
import { passes } from '../api/client.js';
import { midnight, ownWork } from '../api/own-work.js';
import { aboutAssignments } from '../live/about.js';
import { useLive } from '../live/use-live.js';
import { text } from '../texts/texts.js';
import { Held } from './held.jsx';
import { Returned } from './returned.jsx';
import { Today } from './today.jsx';
import { Unsent } from './unsent.jsx';

/** @typedef {import('../api/types.js').OwnWork} OwnWork */

/** @param {import('../shell/shell.jsx').PageProps} props */
export function Page({ me, outbox, onGo, onFailed }) {
  const { work, isAway, look } = useOwnWork(onFailed);
  const roles = new Set(me.teams.flatMap((team) => team.roles));
  const [labels, judges] = [roles.has('annotator'), roles.has('reviewer')];
  return (
    <main id="main" class="calm wide">
      <h1>{text('mine.title')}</h1>
      {isAway && <p class="warning" role="alert">{text('app.unreachable_now')} <button type="button" onClick={look}>{text('app.try_again')}</button></p>}
      {!work && !isAway && <p role="status">{text('app.loading')}</p>}
      {work && <Held rows={work.held} onGo={onGo} />}
      {work && labels && <Returned rows={work.returned} isBusy={work.held.some(({ stage }) => stage === 'annotation')} onGo={onGo} onFailed={onFailed} />}
      <Unsent user={me.user.id} outbox={outbox} held={work?.held ?? null} onFailed={onFailed} />
      {work && <Today work={work} labels={labels} judges={judges} />}
    </main>
  );
}

/** One's own list, asked for when the page opens and whenever it comes into sight again. @param {(error: unknown) => void} onFailed */
function useOwnWork(onFailed) {
  const [work, setWork] = useState(/** @type {OwnWork | null} */ (null));
  const [isAway, setAway] = useState(false);
  const look = () => {
    setAway(false);
    ownWork(midnight(new Date())).then(setWork, (error) => (passes(error) ? setAway(true) : onFailed(error)));
  };
  useLive((message) => {
    if (document.visibilityState === 'visible' && (message.event === 'reset' || aboutAssignments(message))) look();
  }, []);
  useEffect(() => {
    const seen = () => document.visibilityState === 'visible' && look();
    look();
    document.addEventListener('visibilitychange', seen);
    return () => document.removeEventListener('visibilitychange', seen);
  }, []);
  return { work, isAway, look };
}
