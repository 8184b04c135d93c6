// A manager's decision about an assignment, with its reason, and for whom it is where it goes to somebody.

import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../api/client.js';
import { decide } from '../api/manage.js';
import { text } from '../texts/texts.js';
import { PersonSearch } from './parts/person-search.jsx';

/** @typedef {import('../api/people.js').Named} Named */

/**
 * @param {{ row: import('../api/types.js').AssignmentRow, name: string, verb: import('./assignment-row.jsx').Verb, team: string,
 *   onDone: () => void, onClose: () => void }} props
 */
export function DecisionDialog({ row, name, verb, team, onDone, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [reason, setReason] = useState('');
  const [person, setPerson] = useState(/** @type {Named | null} */ (null));
  const [fault, setFault] = useState('');
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const send = async () => {
    if (reason.trim() === '' || isBusy) return;
    setBusy(true);
    try {
      await decide(row.id, verb === 'free' ? 'reassign' : verb, { reason: reason.trim(), ...(person && { user: person.id }) });
      dialog.current?.close();
      onDone();
    } catch (error) {
      // It stays open with what was typed, so that it can be sent again or changed.
      setFault(error instanceof ApiProblem ? error.message : text('app.unreachable_now'));
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="decision-title" onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); void send(); }}>
        <h2 id="decision-title">{text(`manage.${verb}_title`, { name })}</h2>
        {fault && <p class="warning" role="alert">{fault}</p>}
        <label class="field">
          {text('manage.reason')}
          <input type="text" autofocus maxLength={1000} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        {verb === 'reassign' && (
          <PersonSearch team={team} role="annotator" legend={text('manage.for_whom')} chosen={person ? [person] : []} onToggle={(one) => setPerson(one.id === person?.id ? null : one)}>
            <button type="button" aria-pressed={person === null} onClick={() => setPerson(null)}>{text('manage.anyone')}</button>
          </PersonSearch>
        )}
        <div class="row">
          <button type="button" onClick={() => dialog.current?.close()}>{text('app.close')}</button>
          <button type="submit" class="main" disabled={reason.trim() === '' || isBusy}>{text(`manage.${verb}`)}</button>
        </div>
      </form>
    </dialog>
  );
}
