// The settings of a job that may be changed while people work on it.

import { useRef, useState } from 'preact/hooks';
import { editJob } from '../../api/manage.js';
import { text } from '../../texts/texts.js';
import { faultsOf } from '../parts/faults.js';
import { messageOf } from '../parts/use-act.js';
import { FormFaults } from '../new-job/form-faults.jsx';
import { PeopleField } from '../new-job/people-field.jsx';
import { ReasonsField, TextFields, UrgencyFields } from '../new-job/text-fields.jsx';
import { changesOf, editOf } from './edit.js';

/** Fields beside which faults are shown. */
const SHOWN = ['title', 'description', 'instructions', 'due_date', 'priority', 'annotators', 'reviewers', 'reasons'];

/** @param {import('../job-page.jsx').PartProps} props */
export function Settings({ job, onChanged }) {
  /** What the form began with: what somebody else has changed meanwhile is left alone. */
  const [before, setBefore] = useState(() => editOf(job));
  const [edit, setEdit] = useState(before);
  const [refusal, setRefusal] = useState(/** @type {{ message: string, faults: import('../parts/faults.js').Fault[] } | null} */ (null));
  const [isBusy, setBusy] = useState(false);
  const [isSaved, setSaved] = useState(false);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const changes = changesOf(before, edit);
  const isSame = Object.keys(changes).length === 0;
  /** @param {Partial<import('./edit.js').Edit>} next */
  const put = (next) => {
    setEdit((now) => ({ ...now, ...next }));
    setSaved(false);
  };
  const save = async () => {
    setBusy(true);
    setRefusal(null);
    try {
      const now = editOf(await editJob(job.id, changes));
      setBefore(now);
      setEdit(now);
      setSaved(true);
      onChanged();
    } catch (error) {
      setRefusal({ message: messageOf(error), faults: faultsOf(error) });
    } finally {
      setBusy(false);
    }
  };
  const fields = { draft: edit, faults: refusal?.faults ?? [], put };
  return (
    <form ref={form} class="fields" onSubmit={(event) => event.preventDefault()}>
      <TextFields {...fields} />
      <ReasonsField reasons={edit.reasons} faults={fields.faults} onInput={(reasons) => put({ reasons })} />
      <UrgencyFields {...fields} />
      <PeopleField field="annotators" team={job.team} people={edit.annotators} faults={fields.faults} onChange={(annotators) => put({ annotators })} />
      <PeopleField field="reviewers" team={job.team} people={edit.reviewers} faults={fields.faults} onChange={(reviewers) => put({ reviewers })} />
      <FormFaults form={form} refusal={refusal} shown={SHOWN} />
      <div class="row">
        <span role="status">{isSaved ? text('job.saved') : ''}</span>
        <button type="button" aria-disabled={isSame || isBusy} onClick={() => !isBusy && setEdit(before)}>{text('job.undo')}</button>
        <button type="button" class="main" aria-disabled={isSame || isBusy} onClick={() => !isSame && !isBusy && save()}>{text('job.save')}</button>
      </div>
    </form>
  );
}
