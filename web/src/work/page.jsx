// The work page: what is to be labelled next, or why there is nothing.

import { useHolding } from '../lease/use-holding.js';
import { Waiting } from '../lease/waiting.jsx';
import { Labelling } from './labelling.jsx';
import { LostRange } from './lost-range.jsx';
import { workOf } from './work.js';

/** @param {import('../shell/shell.jsx').PageProps} props */
export function Page({ me, outbox, bindings, lease, onHelp, onFailed }) {
  const { holding: work, ...waiting } = useHolding(me, 'annotator', (team) => workOf(outbox, me.user.id, team), lease, onFailed);
  const { phase } = work;
  switch (phase.name) {
    case 'working':
    case 'handing-in':
      return <Labelling key={phase.range.id} work={work} phase={phase} outbox={outbox} bindings={bindings} onHelp={onHelp} />;
    case 'lost':
      return <LostRange range={phase.range} reason={phase.reason} onNext={() => work.take()} />;
    default:
      return <Waiting kind="work" holding={work} {...waiting} />;
  }
}
