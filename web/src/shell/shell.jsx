// What surrounds every page: who is signed in, the way to the other pages, and the way out.

import { useEffect, useState } from 'preact/hooks';
import { ApiProblem } from '../api/client.js';
import { KeyHelp } from '../keys/help.jsx';
import { Bindings } from '../keys/bindings.js';
import { useKeys } from '../keys/use-keys.js';
import { Outbox } from '../outbox/outbox.js';
import { useStream } from '../live/use-live.js';
import { text } from '../texts/texts.js';
import { LazyPage } from './lazy-page.jsx';
import { PAGES } from './pages.js';
import { useAddress } from './router.js';
import { SignOut } from './sign-out.jsx';
import { useModel } from './use-model.js';

/** @typedef {import('../api/types.js').Me} Me */
/**
 * @typedef {{ me: Me, outbox: Outbox, bindings: Bindings, onHelp: () => void,
 *   query: string, onGo: (address: string, lease?: string) => void, lease: string | null,
 *   onFailed: (error: unknown) => void }} PageProps
 */

const NO_PICTURE = { current: null };

/** @param {{ me: Me, onSignedOut: () => void }} props */
export function Shell({ me, onSignedOut }) {
  const [{ path, query }, goTo] = useAddress();
  /** What is held and was chosen in the list, where somebody holds more than one thing. */
  const [lease, setLease] = useState(/** @type {string | null} */ (null));
  const go = (/** @type {string} */ next, /** @type {string} */ chosen = '') => {
    setLease(chosen || null);
    goTo(next);
  };
  const [outbox] = useState(() => new Outbox(me.user.id));
  const [bindings] = useState(() => new Bindings(me.user.id));
  const [hasHelp, setHelp] = useState(false);
  const [fault, setFault] = useState('');
  useModel(outbox, 'change');
  useStream();
  useEffect(() => {
    outbox.addEventListener('signed-out', onSignedOut);
    outbox.resume().catch(() => {});
    return () => {
      outbox.removeEventListener('signed-out', onSignedOut);
      outbox.stop();
    };
  }, [outbox]);

  const roles = new Set(me.teams.flatMap((team) => team.roles));
  const pages = PAGES.filter((page) => page.roles.some((role) => roles.has(role)));
  const shown = pages.find((page) => page.path === path) ?? pages[0];
  useEffect(() => {
    document.title = shown ? `${text(shown.name)} · ${text('app.name')}` : text('app.name');
  }, [shown]);

  // Pages without commands of their own show the keys as well.
  useKeys(bindings, 'work', { help: () => setHelp(true) }, NO_PICTURE);

  /** @param {unknown} error */
  const failed = (error) => {
    if (error instanceof ApiProblem && error.status === 401) onSignedOut();
    else setFault(error instanceof Error ? error.message : String(error));
  };
  /** @type {PageProps} */
  const props = { me, outbox, bindings, onHelp: () => setHelp(true), query, onGo: go, lease, onFailed: failed };
  return (
    <>
      <a class="skip" href="#main">{text('app.skip')}</a>
      <header class="shell">
        <strong class="brand">{text('app.name')}</strong>
        <nav aria-label={text('nav.label')}>
          {pages.map((page) => (
            <a key={page.path} href={page.path} aria-current={page === shown ? 'page' : undefined}
              onClick={(event) => { event.preventDefault(); go(page.path); }}>{text(page.name)}</a>
          ))}
        </nav>
        <button type="button" class="quiet" onClick={() => setHelp(true)}>{text('nav.keys')} <kbd>?</kbd></button>
        <span class="who">{me.user.name}</span>
        <SignOut unsent={outbox.unsent} onSignedOut={onSignedOut} />
      </header>
      {fault && <p class="banner warning" role="alert">{fault} <button type="button" onClick={() => setFault('')}>{text('app.close')}</button></p>}
      {shown && <LazyPage key={shown.path} load={shown.load} props={props} />}
      {!shown && <main id="main" class="calm"><p>{text('work.none.not-a-member')}</p></main>}
      {hasHelp && <KeyHelp bindings={bindings} pages={shown?.keys ? [shown.keys] : pages.flatMap((page) => page.keys ?? [])} onClose={() => setHelp(false)} />}
    </>
  );
}
