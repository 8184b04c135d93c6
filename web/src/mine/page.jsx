// My own list: what I hold, and what is not on the server yet.

import { useEffect, useState } from 'preact/hooks';
import { held } from '../api/leases.js';
import { forgetItem, itemsOfUser } from '../outbox/store.js';
import { useModel } from '../shell/use-model.js';
import { text } from '../texts/texts.js';

/** @param {import('../shell/shell.jsx').PageProps} props */
export function MinePage({ me, outbox, onGo, onFailed }) {
  const [lease, setLease] = useState(/** @type {import('../api/types.js').Lease | null} */ (null));
  const [kept, setKept] = useState(/** @type {import('../outbox/store.js').Kept[]} */ ([]));
  useModel(outbox, 'change');
  useEffect(() => void held().then(setLease, onFailed), []);
  const look = () => void itemsOfUser(me.user.id).then(setKept, () => {});
  useEffect(look, [outbox.unsent]);
  /** @param {import('../outbox/store.js').Kept} one */
  const forget = (one) => forgetItem(one.user, one.lease, one.index).then(look, onFailed);
  return (
    <main id="main" class="calm wide">
      <h1>{text('mine.title')}</h1>
      <section>
        <h2>{text('mine.held')}</h2>
        {lease ? (
          <p>
            {lease.job.title} · {text('range.title', { number: lease.assignment.number })}{' '}
            <button type="button" class="main" onClick={() => onGo('/work')}>{text('mine.go_on')}</button>
          </p>
        ) : <p class="quiet">{text('mine.held_none')}</p>}
      </section>
      <section>
        <h2>{text('mine.unsent')}</h2>
        {kept.length === 0 && <p class="quiet">{text('mine.unsent_none')}</p>}
        <ul>
          {kept.map((one) => (
            <li key={`${one.lease}/${one.index}`}>
              {text('mine.unsent_row', { job: one.job, index: one.index, state: text(`state.${one.state}`) })}
              {one.refusal && <span class="quiet"> – {one.refusal}</span>}{' '}
              {one.state !== 'unsent' && one.lease !== lease?.lease_id && <button type="button" class="quiet" onClick={() => forget(one)}>{text('mine.forget')}</button>}
            </li>
          ))}
        </ul>
      </section>
      <section><h2>{text('mine.sent_back')}</h2><p class="quiet">{text('mine.later')}</p></section>
      <section><h2>{text('mine.today')}</h2><p class="quiet">{text('mine.later')}</p></section>
    </main>
  );
}
