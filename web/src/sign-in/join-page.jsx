// Coming into a team by an invitation: a new account with a token, which is shown once, or the account that is signed in.

import { useEffect, useState } from 'preact/hooks';
import { ApiProblem } from '../api/client.js';
import { accept, teamOf } from '../api/invitations.js';
import { newKey } from '../api/keys.js';
import { current, signIn } from '../api/session.js';
import { focus } from '../shell/focus.js';
import { Secret } from '../shell/secret.jsx';
import { text } from '../texts/texts.js';

/** @typedef {import('../api/types.js').Me} Me */

/** @param {{ code: string, onSignedIn: (me: Me) => void, onLeave: () => void }} props */
export function Page({ code, onSignedIn, onLeave }) {
  const [team, setTeam] = useState('');
  const [me, setMe] = useState(/** @type {Me | null} */ (null));
  const [token, setToken] = useState('');
  const [fault, setFault] = useState('');
  /** The code is not in the address any more, so that the page cannot be loaded again. */
  const [tries, setTries] = useState(0);
  const failed = (/** @type {unknown} */ error) => setFault(faultOf(error));
  useEffect(() => {
    setFault('');
    Promise.all([current(), teamOf(code)]).then(([person, name]) => {
      setMe(person);
      setTeam(name);
    }, failed);
  }, [code, tries]);
  return (
    <main id="main" class="calm">
      <h1>{text('join.title')}</h1>
      {team && <p>{text('join.team', { team })}</p>}
      {fault && <p class="warning" role="alert">{fault}</p>}
      {!team && fault && <button type="button" class="main" onClick={() => setTries(tries + 1)}>{text('app.try_again')}</button>}
      {!team && !fault && <p role="status">{text('app.loading')}</p>}
      {team && !token && <Acceptance code={code} me={me} onFailed={failed} onAccepted={(made) => (made ? setToken(made) : setFault(text('join.lost')))} />}
      {token && <Secret label={text('join.token')} value={token} note={text('join.token_note')} onClose={() => signIn({ token }).then(onSignedIn, failed)} />}
      {!token && <button type="button" class="quiet" onClick={onLeave}>{text('join.to_sign_in')}</button>}
    </main>
  );
}

/** @param {{ code: string, me: Me | null, onAccepted: (token: string | null) => void, onFailed: (error: unknown) => void }} props */
function Acceptance({ code, me, onAccepted, onFailed }) {
  const [name, setName] = useState('');
  const [isBusy, setBusy] = useState(false);
  // A second try after a lost answer is the same request.
  const [key] = useState(newKey);
  const send = async () => {
    if (isBusy || (!me && name.trim() === '')) return;
    setBusy(true);
    await accept(code, me ? undefined : name.trim(), key).then(onAccepted, onFailed);
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); void send(); }}>
      {me && <p>{text('join.as', { name: me.user.name })}</p>}
      {!me && (
        <label class="field">
          {text('join.name')}
          <input type="text" ref={focus} required maxLength={200} autocomplete="name" value={name} aria-describedby="join-help" onInput={(event) => setName(event.currentTarget.value)} />
        </label>
      )}
      {!me && <p id="join-help" class="quiet">{text('join.name_help')}</p>}
      <button type="submit" class="main" ref={me ? focus : null} disabled={isBusy}>{text('join.accept')}</button>
    </form>
  );
}

/** @param {unknown} error */
function faultOf(error) {
  if (!(error instanceof ApiProblem) || error.passes) return text('signin.unreachable');
  return error.status === 404 ? text('join.refused') : error.message;
}
