// A manager's decision about an assignment, with its reason, and for whom it is where it goes to somebody.

import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../api/client.js';
import { decide, membersCalled } from '../api/manage.js';
import { text } from '../texts/texts.js';

/** @typedef {import('../api/manage.js').Named} Named */

/** How long somebody may go on typing before people are looked for. */
const TYPING_MS = 200;

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
        {verb === 'reassign' && <PersonChoice team={team} chosen={person} onChoose={setPerson} />}
        <div class="row">
          <button type="button" onClick={() => dialog.current?.close()}>{text('app.close')}</button>
          <button type="submit" class="main" disabled={reason.trim() === '' || isBusy}>{text(`manage.${verb}`)}</button>
        </div>
      </form>
    </dialog>
  );
}

/** Somebody of the team, found by a part of their name. @param {{ team: string, chosen: Named | null, onChoose: (person: Named | null) => void }} props */
function PersonChoice({ team, chosen, onChoose }) {
  const [part, setPart] = useState('');
  const [found, setFound] = useState(/** @type {Named[]} */ ([]));
  useEffect(() => {
    let isOld = false;
    const timer = setTimeout(() => {
      // Without an answer nobody is offered, and the work can still go to anyone.
      membersCalled(team, part.trim()).then(({ items }) => {
        const able = items.filter(({ roles }) => roles.includes('annotator'));
        if (!isOld) setFound(able.map(({ user }) => user));
      }, () => {});
    }, TYPING_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [team, part]);
  return (
    <fieldset>
      <legend>{text('manage.for_whom')}</legend>
      <label class="field">
        {text('manage.find_person')}
        <input type="text" maxLength={200} value={part} onInput={(event) => setPart(event.currentTarget.value)} />
      </label>
      <div class="chips">
        <button type="button" aria-pressed={chosen === null} onClick={() => onChoose(null)}>{text('manage.anyone')}</button>
        {chosen && !found.some(({ id }) => id === chosen.id) && <button type="button" aria-pressed="true" onClick={() => onChoose(null)}>{chosen.name}</button>}
        {found.map((person) => (
          <button key={person.id} type="button" aria-pressed={person.id === chosen?.id} onClick={() => onChoose(person)}>{person.name}</button>
        ))}
      </div>
    </fieldset>
  );
}
