// Signing in: by a link, which a button spends, or by a token that is pasted.

import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../api/client.js';
import { signIn } from '../api/session.js';
import { text } from '../texts/texts.js';

/** @param {{ link: string | null, onSignedIn: (me: import('../api/types.js').Me) => void }} props */
export function SignInPage({ link, onSignedIn }) {
  const [hasLink, setHasLink] = useState(link !== null);
  const [fault, setFault] = useState('');
  const [isBusy, setBusy] = useState(false);
  const first = useRef(/** @type {any} */ (null));
  useEffect(() => first.current?.focus(), [hasLink]);

  /** @param {{ token: string } | { link: string }} proof */
  const enter = async (proof) => {
    setBusy(true);
    setFault('');
    try {
      onSignedIn(await signIn(proof));
    } catch (error) {
      const isRefused = error instanceof ApiProblem && !error.passes;
      setFault(text(isRefused ? 'signin.refused' : 'signin.unreachable'));
      if (isRefused) setHasLink(false);
      setBusy(false);
    }
  };

  return (
    <main id="main" class="calm">
      <h1>{text('signin.title')}</h1>
      {fault && <p class="warning" role="alert">{fault}</p>}
      {hasLink && link !== null ? (
        <>
          <p>{text('signin.link')}</p>
          <button type="button" class="main" ref={first} disabled={isBusy} onClick={() => enter({ link })}>{text('signin.link_button')}</button>
        </>
      ) : (
        <form onSubmit={(event) => {
          event.preventDefault();
          const token = String(new FormData(event.currentTarget).get('token')).trim();
          if (token) enter({ token });
        }}>
          <label class="field" for="token">{text('signin.token')}</label>
          <input id="token" name="token" type="password" ref={first} required autocomplete="current-password" spellcheck={false} aria-describedby="token-help" />
          <p id="token-help" class="quiet">{text('signin.token_help')}</p>
          <button type="submit" class="main" disabled={isBusy}>{text('signin.token_button')}</button>
        </form>
      )}
    </main>
  );
}
