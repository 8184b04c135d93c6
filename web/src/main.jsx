// The console's start: who is signed in decides between the sign-in page and everything else.

// It comes first, so that the page that was opened is loaded from the beginning.
import './shell/pages.js';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { passes } from './api/client.js';
import { current } from './api/session.js';
import { LazyPage } from './shell/lazy-page.jsx';
import { takeCode } from './shell/router.js';
import { Shell } from './shell/shell.jsx';
import { SignInPage } from './sign-in/page.jsx';
import { markLanguage, text } from './texts/texts.js';
import './style/main.css';

const RETRY_MS = 2000;

/** @typedef {import('./api/types.js').Me} Me */

function Console() {
  /** A sign-in link that was opened and is not spent. */
  const [link, setLink] = useState(() => takeCode('sign-in'));
  /** An invitation that was opened. */
  const [invitation, setInvitation] = useState(() => takeCode('invitation'));
  const [me, setMe] = useState(/** @type {Me | null | 'asking' | 'unreachable'} */ (link === null ? 'asking' : null));
  useEffect(() => {
    // A link that is opened in a tab in which the console is open changes nothing but the end of the address.
    const opened = () => {
      const invited = takeCode('invitation');
      if (invited !== null) setInvitation(invited);
      const code = takeCode('sign-in');
      if (code === null) return;
      setLink(code);
      setMe(null);
    };
    addEventListener('hashchange', opened);
    return () => removeEventListener('hashchange', opened);
  }, []);
  useEffect(() => {
    if (me !== 'asking' && me !== 'unreachable') return;
    let timer = 0;
    // Meanwhile a link may have been opened.
    const answered = (/** @type {Me | null | 'unreachable'} */ next) => setMe((now) => (now === 'asking' || now === 'unreachable' ? next : now));
    const ask = () => current().then(answered, (error) => {
      answered(passes(error) ? 'unreachable' : null);
      if (passes(error)) timer = setTimeout(ask, RETRY_MS);
    });
    if (me === 'asking') ask();
    return () => clearTimeout(me === 'asking' ? 0 : timer);
  }, [me]);

  /** @param {Me} person */
  const signedIn = (person) => {
    setLink(null);
    setInvitation(null);
    setMe(person);
  };
  if (invitation !== null) return <LazyPage key={invitation} load={() => import('./sign-in/join-page.jsx')} props={{ code: invitation, onSignedIn: signedIn, onLeave: () => setInvitation(null) }} />;
  if (me === 'asking') return <main class="calm"><p role="status">{text('app.loading')}</p></main>;
  if (me === 'unreachable') return <main class="calm"><p role="alert">{text('app.unreachable')}</p></main>;
  if (me === null) return <SignInPage key={link} link={link} onSignedIn={signedIn} />;
  return <Shell key={me.user.id} me={me} onSignedOut={() => setMe(null)} />;
}

markLanguage();
render(<Console />, /** @type {HTMLElement} */ (document.getElementById('app')));
