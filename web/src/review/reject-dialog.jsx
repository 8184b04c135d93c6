// Rejects with a comment: for one of the job's reasons, or in the reviewer's own words where the job has none.

import { useEffect, useRef, useState } from 'preact/hooks';
import { text } from '../texts/texts.js';

/**
 * @param {{ reasons: import('./reasons.js').Reason[], hasCodes: boolean, marked: number,
 *   onReject: (reason: string | null, comment: string | null) => void, onClose: () => void }} props
 */
export function RejectDialog({ reasons, hasCodes, marked, onReject, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const words = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const [reason, setReason] = useState('');
  const [comment, setComment] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  const isIncomplete = reason.trim() === '' && (hasCodes || comment.trim() === '');
  const reject = () => {
    if (isIncomplete) return;
    dialog.current?.close();
    onReject(reason.trim() || null, comment.trim() || null);
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const isWritten = event.target instanceof HTMLElement && event.target.matches('input, textarea');
    const chosen = reasons[Number(event.key) - 1];
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      // Within a comment Enter alone begins a new line.
      event.preventDefault();
      reject();
    } else if (chosen && !isWritten) {
      event.preventDefault();
      setReason(chosen.code);
      words.current?.focus();
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="reject-title" onClose={onClose} onKeyDown={press}>
      <form onSubmit={(event) => { event.preventDefault(); reject(); }}>
        <h2 id="reject-title">{text('review.reject_title')}</h2>
        {marked > 0 && <p>{text('review.reject_at', { count: marked })}</p>}
        <div class="chips" role="group" aria-label={text('review.reason')}>
          {reasons.map(({ code, title }, at) => (
            <button key={code} type="button" autofocus={hasCodes && at === 0} aria-pressed={code === reason} onClick={() => setReason(code === reason ? '' : code)}>{title}</button>
          ))}
        </div>
        {!hasCodes && (
          <label class="field">
            {text('review.reason')}
            <input type="text" autofocus maxLength={1000} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
          </label>
        )}
        <label class="field">
          {text('review.comment')}
          <textarea ref={words} rows={3} maxLength={1000} value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
        </label>
        <div class="row">
          <button type="button" onClick={() => dialog.current?.close()}>{text('app.close')}</button>
          <button type="submit" class="main" disabled={isIncomplete}>{text('review.reject_do')} <kbd>Ctrl + Enter</kbd></button>
        </div>
      </form>
    </dialog>
  );
}
