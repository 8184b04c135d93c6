// My own list: what I hold, to label or to review, and what is not on the server yet.

import { useEffect, useState } from 'preact/hooks';
import { held } from '../api/leases.js';
import { list } from '../api/reviews.js';
import { forgetItem, itemsOfUser } from '../outbox/store.js';
import { useModel } from '../shell/use-model.js';
import { text } from '../texts/texts.js';

/** @param {import('../shell/shell.jsx').PageProps} props */
export function MinePage({ me, outbox, onGo, onFailed }) {
  const [lease, setLease] = useState(/** @type {import('../api/types.js').Lease | null} */ (null));
  const [reviews, setReviews] = useState(/** @type {import('../api/types.js').Lease[]} */ ([]));
  const [kept, setKept] = useState(/** @type {import('../outbox/store.js').Kept[]} */ ([]));
  useModel(outbox, 'change');
  const roles = new Set(me.teams.flatMap((membership) => membership.roles));
  const [labels, judges] = [roles.has('annotator'), roles.has('reviewer')];
  useEffect(() => {
    if (labels) held().then(setLease, onFailed);
    if (judges) list().then(setReviews, onFailed);
  }, []);
  const look = () => void itemsOfUser(me.user.id).then(setKept, () => {});
  useEffect(look, [outbox.unsent]);
  /** @param {import('../outbox/store.js').Kept} one */
  const forget = (one) => forgetItem(one.user, one.lease, one.index).then(look, onFailed);
  const current = new Set([lease, ...reviews].map((one) => one?.lease_id));
  return (
    <main id="main" class="calm wide">
      <h1>{text('mine.title')}</h1>
      {labels && (
        <section>
          <h2>{text('mine.held')}</h2>
          {lease ? <HeldRow lease={lease} title={text('range.title', { number: lease.assignment.number })} onGo={() => onGo('/work')} />
            : <p class="quiet">{text('mine.held_none')}</p>}
        </section>
      )}
      {judges && (
        <section>
          <h2>{text('mine.reviews')}</h2>
          {reviews.length === 0 && <p class="quiet">{text('mine.reviews_none')}</p>}
          {reviews.map((review) => (
            <HeldRow key={review.lease_id} lease={review} title={text('review.title', { number: review.assignment.number })} onGo={() => onGo('/reviews')}>
              {decided(review)}
            </HeldRow>
          ))}
        </section>
      )}
      <section>
        <h2>{text('mine.unsent')}</h2>
        {kept.length === 0 && <p class="quiet">{text('mine.unsent_none')}</p>}
        <ul>
          {kept.map((one) => (
            <li key={`${one.lease}/${one.index}`}>
              {text('mine.unsent_row', { job: one.job, index: one.index, state: text(`state.${one.state}`) })}
              {one.refusal && <span class="quiet"> – {one.refusal}</span>}{' '}
              {one.state !== 'unsent' && !current.has(one.lease) && <button type="button" class="quiet" onClick={() => forget(one)}>{text('mine.forget')}</button>}
            </li>
          ))}
        </ul>
      </section>
      {labels && <section><h2>{text('mine.sent_back')}</h2><p class="quiet">{text('mine.later')}</p></section>}
      <section><h2>{text('mine.today')}</h2><p class="quiet">{text('mine.later')}</p></section>
    </main>
  );
}

/** @param {{ lease: import('../api/types.js').Lease, title: string, onGo: () => void, children?: any }} props */
function HeldRow({ lease, title, onGo, children }) {
  return (
    <p>
      {lease.job.title} · {title} {children && <span class="quiet">· {children}</span>}{' '}
      <button type="button" class="main" onClick={onGo}>{text('mine.go_on')}</button>
    </p>
  );
}

/** How far a review has come; the answer leaves verdicts out where there are very many. @param {import('../api/types.js').Lease} review */
function decided({ assignment: { items }, annotations_left_out: isUnknown }) {
  return isUnknown ? null : text('review.decided', { done: items.filter((item) => item.verdict).length, count: items.length });
}
