// The way out. It says what has not been sent yet, and where the session could not be ended.

import { useState } from 'preact/hooks';
import { ApiProblem } from '../api/client.js';
import { signOut } from '../api/session.js';
import { text } from '../texts/texts.js';

/** @param {{ unsent: number, onSignedOut: () => void }} props */
export function SignOut({ unsent, onSignedOut }) {
  const [state, setState] = useState(/** @type {'idle' | 'asking' | 'leaving' | 'failed'} */ ('idle'));
  const leave = async () => {
    setState('leaving');
    try {
      await signOut();
    } catch (error) {
      // The next person at this computer could go on with a session that has not ended, so the page stays and says so.
      if (!(error instanceof ApiProblem && error.status === 401)) return setState('failed');
    }
    onSignedOut();
  };
  const stay = () => setState('idle');
  return (
    <>
      <button type="button" class="quiet" disabled={state === 'leaving'} onClick={() => (unsent > 0 ? setState('asking') : leave())}>{text('nav.sign_out')}</button>
      {state === 'asking' && unsent > 0 && (
        <p class="banner warning" role="alert">
          {text('signout.unsent', { count: unsent })}{' '}
          <button type="button" onClick={stay}>{text('signout.stay')}</button>{' '}
          <button type="button" onClick={leave}>{text('signout.anyway')}</button>
        </p>
      )}
      {state === 'failed' && (
        <p class="banner warning" role="alert">
          {text('signout.failed')}{' '}
          <button type="button" onClick={leave}>{text('app.try_again')}</button>{' '}
          <button type="button" onClick={stay}>{text('signout.stay')}</button>
        </p>
      )}
    </>
  );
}
