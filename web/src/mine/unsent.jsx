// What this browser keeps that is not on the server yet.

import { useEffect, useState } from 'preact/hooks';
import { forgetItems, itemsOfUser } from '../outbox/store.js';
import { useModel } from '../shell/use-model.js';
import { text } from '../texts/texts.js';

/** @typedef {import('../outbox/store.js').Kept} Kept */

/** Rows that are shown until the person asks for all. */
const SHOWN_FIRST = 50;

/**
 * @param {{ user: string, outbox: import('../outbox/outbox.js').Outbox, held: import('../api/types.js').HeldRow[] | null,
 *   onFailed: (error: unknown) => void }} props
 */
export function Unsent({ user, outbox, held, onFailed }) {
  const [kept, setKept] = useState(/** @type {Kept[]} */ ([]));
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? kept : kept.slice(0, SHOWN_FIRST);
  useModel(outbox, 'change');
  const look = () => void itemsOfUser(user).then(setKept, () => {});
  useEffect(look, [outbox.unsent]);
  const current = new Set(held?.map((one) => one.lease_id));
  /** Whether it will never be sent: what is held can still be saved where it belongs. @param {Kept} one */
  const isLeft = (one) => held !== null && one.state !== 'unsent' && !current.has(one.lease);
  /** @param {Kept} one */
  const forget = (one) => forgetItems([one]).then(look, onFailed);
  return (
    <section>
      <h2>{text('mine.unsent')}</h2>
      {kept.length === 0 && <p class="quiet">{text('mine.unsent_none')}</p>}
      <ul class="rows">
        {shown.map((one) => (
          <li key={`${one.lease}/${one.index}`}>
            <div>
              <p>{text('mine.unsent_row', { job: one.job, place: one.place ?? one.index + 1, state: stateOf(one) })}</p>
              {one.refusal && <p class="quiet">{one.refusal}</p>}
            </div>
            {isLeft(one) && <button type="button" class="quiet" onClick={() => forget(one)}>{text('mine.forget')}</button>}
          </li>
        ))}
      </ul>
      {shown.length < kept.length && <button type="button" onClick={() => setWhole(true)}>{text('mine.show_all', { count: kept.length })}</button>}
    </section>
  );
}

/** @param {Kept} kept */
function stateOf({ verdict, state }) {
  return verdict === null ? text('review.state.open') : text(`state.${state}`);
}
