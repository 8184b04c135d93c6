// The console's start: who is signed in decides between the sign-in page and everything else.

// It comes first, so that the page that was opened is loaded from the beginning.
import './shell/pages.js';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { passes } from './api/client.js';
import { current } from './api/session.js';
import { takeSignInCode } from './shell/router.js';
import { Shell } from './shell/shell.jsx';
import { SignInPage } from './sign-in/page.jsx';
import { markLanguage, text } from './texts/texts.js';
import './style/main.css';

const RETRY_MS = 2000;

/** @typedef {import('./api/types.js').Me} Me */

/** @param {{ link: string | null }} props */
function Console({ link }) {
  const [me, setMe] = useState(/** @type {Me | null | 'asking' | 'unreachable'} */ (link === null ? 'asking' : null));
  useEffect(() => {
    if (me !== 'asking' && me !== 'unreachable') return;
    let timer = 0;
    const ask = () => current().then(setMe, (error) => {
      setMe(passes(error) ? 'unreachable' : null);
      if (passes(error)) timer = setTimeout(ask, RETRY_MS);
    });
    if (me === 'asking') ask();
    return () => clearTimeout(me === 'asking' ? 0 : timer);
  }, [me]);

  if (me === 'asking') return <main class="calm"><p role="status">{text('app.loading')}</p></main>;
  if (me === 'unreachable') return <main class="calm"><p role="alert">{text('app.unreachable')}</p></main>;
  if (me === null) return <SignInPage link={link} onSignedIn={setMe} />;
  return <Shell key={me.user.id} me={me} onSignedOut={() => setMe(null)} />;
}

markLanguage();
render(<Console link={takeSignInCode()} />, /** @type {HTMLElement} */ (document.getElementById('app')));
