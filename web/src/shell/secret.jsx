// A secret that is shown this once, ready to be copied.

import { useEffect, useRef, useState } from 'preact/hooks';
import { text } from '../texts/texts.js';

/** @param {{ label: string, value: string, note: string, onClose: () => void }} props */
export function Secret({ label, value, note, onClose }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    const before = document.activeElement;
    field.current?.select();
    // The focus goes back to the button that made it.
    return () => before instanceof HTMLElement && before.isConnected ? before.focus() : undefined;
  }, []);
  useEffect(() => field.current?.select(), [value]);
  const copy = async () => {
    field.current?.select();
    setCopied(await write(value));
  };
  return (
    <div class="secret">
      <label class="field">
        {label}
        <input ref={field} type="text" readOnly spellcheck={false} dir="ltr" value={value} />
      </label>
      <p class="quiet">{note}</p>
      <div class="row">
        <span role="status">{isCopied ? text('secret.copied') : ''}</span>
        <button type="button" class="main" onClick={copy}>{text('secret.copy')}</button>
        <button type="button" onClick={onClose}>{text('secret.close')}</button>
      </div>
    </div>
  );
}

/** Pages without TLS have no clipboard of their own; there the field that is selected is copied. @param {string} value */
async function write(value) {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return document.execCommand('copy');
  }
}
