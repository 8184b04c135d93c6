// All keys in one list, where each can be changed.

import { useEffect, useRef, useState } from 'preact/hooks';
import { useModel } from '../shell/use-model.js';
import { text } from '../texts/texts.js';
import { PAGES, keyName } from './bindings.js';

/** @typedef {import('./bindings.js').Bindings} Bindings */
/** @typedef {import('./bindings.js').Command} Command */

/** Which keys come first: those of the page that is open. @typedef {import('./bindings.js').Page} Page */

/** @param {{ bindings: Bindings, pages: Page[], onClose: () => void }} props */
export function KeyHelp({ bindings, pages, onClose }) {
  useModel(bindings, 'change');
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => dialog.current?.showModal(), []);
  const [changing, setChanging] = useState(/** @type {Command | null} */ (null));
  const [notice, setNotice] = useState('');

  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (!changing || ['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const holder = event.key === 'Escape' ? null : bindings.change(changing, keyName(event));
    setNotice(holder ? text('keys.taken', { command: text(`key.${holder}`) }) : '');
    if (!holder) setChanging(null);
  };

  const groups = /** @type {(Page | 'common')[]} */ ([...pages, 'common']);
  return (
    <dialog ref={dialog} class="keys" aria-labelledby="keys-title" onClose={onClose} onKeyDown={press}>
      <header>
        <h2 id="keys-title">{text('keys.title')}</h2>
        <button type="button" onClick={() => dialog.current?.close()}>{text('app.close')}</button>
      </header>
      {pages.includes('work') && <><p>{text('keys.pointer')}</p><p>{text('keys.by_keys')}</p></>}
      {pages.includes('review') && <p>{text('keys.review_help')}</p>}
      <p role="status" class="notice">{changing ? notice || text('keys.press') : notice}</p>
      {groups.map((group) => (
        <section key={group}>
          <h3>{text(`keys.${group}`)}</h3>
          <dl>
            {group !== 'common' && <div><dt>{text(`key.number_${group}`)}</dt><dd><kbd>1</kbd> – <kbd>9</kbd></dd></div>}
            {/** @type {Command[]} */ (Object.keys(PAGES[group])).map((command) => (
              <div key={command}>
                <dt>{text(`key.${command}`)}</dt>
                <dd>
                  <button type="button" class="key" aria-pressed={changing === command} onClick={() => setChanging(command)}>
                    <span class="hidden">{text('keys.change', { command: text(`key.${command}`) })}</span>
                    {changing === command ? <kbd>…</kbd> : bindings.keys(command).map((key) => <kbd key={key}>{keyLabel(key)}</kbd>)}
                  </button>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <footer>
        <button type="button" onClick={() => bindings.reset()}>{text('keys.reset')}</button>
        <a href="/console/notices.txt">{text('app.notices')}</a>
      </footer>
    </dialog>
  );
}

/** @type {Record<string, string>} */
const SIGNS = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', ' ': '␣', Shift: '⇧' };

/** @param {string} key */
export function keyLabel(key) {
  return key.split(/\+(?=.)/).map((part) => SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(' + ');
}
