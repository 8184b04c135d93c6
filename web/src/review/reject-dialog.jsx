// Rejects in the reviewer's own words: a reason, and a comment where it needs one.

import { useEffect, useRef, useState } from 'preact/hooks';
import { text } from '../texts/texts.js';

/** @param {{ reasons: string[], onReject: (reason: string | null, comment: string | null) => void, onClose: () => void }} props */
export function RejectDialog({ reasons, onReject, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [reason, setReason] = useState('');
  const [comment, setComment] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  const isEmpty = reason.trim() === '' && comment.trim() === '';
  /** @param {string} chosen */
  const reject = (chosen) => {
    if (chosen.trim() === '' && comment.trim() === '') return;
    dialog.current?.close();
    onReject(chosen.trim() || null, comment.trim() || null);
  };
  /** Ctrl and Enter rejects from within a comment, where Enter begins a new line. @param {KeyboardEvent} event */
  const press = (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    reject(reason);
  };
  return (
    <dialog ref={dialog} aria-labelledby="reject-title" onClose={onClose} onKeyDown={press}>
      <form onSubmit={(event) => { event.preventDefault(); reject(reason); }}>
        <h2 id="reject-title">{text('review.reject_title')}</h2>
        <div class="chips">
          {reasons.map((one) => (
            <button key={one} type="button" aria-pressed={one === reason} onClick={() => setReason(one === reason ? '' : one)}>{one}</button>
          ))}
        </div>
        <label class="field">
          {text('review.reason')}
          <input type="text" autofocus maxLength={1000} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        <label class="field">
          {text('review.comment')}
          <textarea rows={3} maxLength={1000} value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
        </label>
        <div class="row">
          <button type="button" onClick={() => dialog.current?.close()}>{text('app.close')}</button>
          <button type="submit" class="main" disabled={isEmpty}>{text('review.reject_do')} <kbd>Enter</kbd></button>
        </div>
      </form>
    </dialog>
  );
}
