// How a person signs in: a link that is good once, and tokens.

import { useRef, useState } from 'preact/hooks';
import { makeSignInLink, makeToken, revokeToken, revokeTokens, tokensOf } from '../../api/people.js';
import { dateAndTime, text } from '../../texts/texts.js';
import { NotLive } from '../not-live.jsx';
import { Secret } from '../../shell/secret.jsx';
import { SureButton } from '../parts/sure-button.jsx';
import { useAct } from '../parts/use-act.js';
import { useAsked } from '../parts/use-asked.js';

/** @typedef {import('../../api/types.js').TokenRow} TokenRow */
/** What was made last and is shown this once. @typedef {{ label: string, value: string, note: string }} Made */

/** @param {{ user: import('../../api/people.js').Named, team: string, onFailed: (error: unknown) => void }} props */
export function SignIn({ user, team, onFailed }) {
  const { told, isAway, look } = useAsked(() => tokensOf(team, user.id), [team, user.id], onFailed);
  const [made, setMade] = useState(/** @type {Made | null} */ (null));
  const [day, setDay] = useState('');
  const title = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  const { isBusy, fault, act } = useAct();
  const link = () => act(async () => {
    const { code, expires_at: until } = await makeSignInLink(team, user.id);
    setMade({ label: text('people.link'), value: `${location.origin}/#sign-in=${code}`, note: text('people.link_note', { time: dateAndTime(new Date(until)) }) });
  });
  const token = () => act(async () => {
    const { token: value } = await makeToken(team, user.id, day ? new Date(`${day}T23:59:59`).toISOString() : undefined);
    setMade({ label: text('people.token'), value, note: text('people.token_note') });
    look();
  });
  const revoke = (/** @type {() => Promise<void>} */ carryOut) => act(carryOut).then((isDone) => {
    look();
    // The row goes, and the focus would go with it.
    if (isDone) title.current?.focus();
  });
  const tokens = told?.items ?? [];
  return (
    <section>
      <h3 ref={title} tabIndex={-1}>{text('people.sign_in')}</h3>
      {fault && <p class="warning" role="alert">{fault}</p>}
      <div class="row end">
        <button type="button" aria-disabled={isBusy} onClick={link}>{text('people.make_link')}</button>
        <label class="field narrow">
          {text('people.token_until')}
          <input type="date" value={day} onInput={(event) => setDay(event.currentTarget.value)} />
        </label>
        <button type="button" aria-disabled={isBusy} onClick={token}>{text('people.make_token')}</button>
      </div>
      {made && <Secret {...made} onClose={() => setMade(null)} />}
      <NotLive isAway={isAway} onLook={look} />
      {told?.items.length === 0 && <p class="quiet">{text('people.no_tokens')}</p>}
      <ul class="plain tokens">
        {tokens.map((one) => (
          <li key={one.id}>
            <span>{words(one)}</span>
            <button type="button" class="quiet" aria-disabled={isBusy} onClick={() => revoke(() => revokeToken(one.id))}>{text('people.revoke')}</button>
          </li>
        ))}
      </ul>
      {tokens.length > 1 && (
        <div class="row">
          <SureButton label={text('people.revoke_all')} disabled={isBusy} sure={text('people.revoke_all_sure')}
            question={text('people.revoke_all_what', { name: user.name })} onSure={() => revoke(() => revokeTokens(team, user.id))} />
        </div>
      )}
    </section>
  );
}

/** @param {TokenRow} row */
function words(row) {
  const at = (/** @type {string} */ time) => dateAndTime(new Date(time));
  return [
    text(row.session ? 'people.session' : 'people.token'),
    text('people.token_made', { name: row.made_by_name ?? text('log.nobody'), time: at(row.created_at) }),
    row.last_used_at ? text('people.token_used', { time: at(row.last_used_at) }) : text('people.token_unused'),
    row.expires_at ? text('people.token_expires', { time: at(row.expires_at) }) : text('people.token_endless'),
  ].join(' · ');
}
