// Asks for a reason, in the person's own words or by one of the usual ones.

import { useEffect, useRef, useState } from 'preact/hooks';
import { text } from '../texts/texts.js';

/** @param {{ title: string, action: string, suggestions: string[], onReason: (reason: string) => void, onClose: () => void }} props */
export function ReasonDialog({ title, action, suggestions, onReason, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [reason, setReason] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  /** @param {string} chosen */
  const choose = (chosen) => {
    if (chosen.trim() === '') return;
    dialog.current?.close();
    onReason(chosen.trim());
  };
  /** A number takes a usual reason while nothing is typed. @param {KeyboardEvent} event */
  const press = (event) => {
    const suggestion = suggestions[Number(event.key) - 1];
    if (!suggestion || reason !== '') return;
    event.preventDefault();
    choose(suggestion);
  };
  return (
    <dialog ref={dialog} aria-labelledby="reason-title" onClose={onClose} onKeyDown={press}>
      <form onSubmit={(event) => { event.preventDefault(); choose(reason); }}>
        <h2 id="reason-title">{title}</h2>
        {suggestions.length > 0 && (
          <div class="choices">
            {suggestions.map((suggestion, at) => (
              <button key={suggestion} type="button" onClick={() => choose(suggestion)}><kbd>{at + 1}</kbd> {suggestion}</button>
            ))}
          </div>
        )}
        <input type="text" autofocus maxLength={1000} aria-labelledby="reason-title" value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        <div class="row">
          <button type="button" onClick={() => dialog.current?.close()}>{text('app.close')}</button>
          <button type="submit" class="main" disabled={reason.trim() === ''}>{action}</button>
        </div>
      </form>
    </dialog>
  );
}
