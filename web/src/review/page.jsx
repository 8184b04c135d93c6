// The review page: what is to be reviewed next, or why there is nothing.

import { useHolding } from '../lease/use-holding.js';
import { Waiting } from '../lease/waiting.jsx';
import { LostReview } from './lost-review.jsx';
import { reviewOf } from './review.js';
import { Reviewing } from './reviewing.jsx';

/** @param {import('../shell/shell.jsx').PageProps} props */
export function Page({ me, outbox, bindings, lease, onHelp, onFailed }) {
  const { holding: review, ...waiting } = useHolding(me, 'reviewer', (team) => reviewOf(outbox, me.user.id, team), lease, onFailed);
  const { phase } = review;
  switch (phase.name) {
    case 'working':
    case 'handing-in':
      return <Reviewing key={phase.range.id} review={review} phase={phase} outbox={outbox} bindings={bindings} onHelp={onHelp} />;
    case 'lost':
      return <LostReview submission={phase.range} reason={phase.reason} onNext={() => review.take()} />;
    default:
      return <Waiting kind="reviews" holding={review} {...waiting} />;
  }
}
