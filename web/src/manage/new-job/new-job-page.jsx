// A new job on one page. What is filled in stays as a draft until the job is made.

import { useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../../api/client.js';
import { newKey } from '../../api/keys.js';
import { makeJob } from '../../api/manage.js';
import { text } from '../../texts/texts.js';
import { faultsOf } from '../parts/faults.js';
import { Link } from '../parts/link.jsx';
import { Title } from '../parts/title.jsx';
import { messageOf } from '../parts/use-act.js';
import { addressOfJob } from '../place.js';
import { DatasetField } from './dataset-field.jsx';
import { requestOf } from './draft.js';
import { FormFaults } from './form-faults.jsx';
import { LabelFields } from './label-fields.jsx';
import { PeopleField } from './people-field.jsx';
import { ReasonsField, TextFields, UrgencyFields } from './text-fields.jsx';
import { useDraft } from './use-draft.js';
import { WorkFields } from './work-fields.jsx';

/** @typedef {import('../parts/faults.js').Fault} Fault */
/** What was refused, each time anew. @typedef {{ message: string, faults: Fault[] }} Refusal */

/** Fields beside which faults are shown. */
const SHOWN = ['dataset', 'title', 'description', 'instructions', 'classes', 'tags', 'limits', 'range_size', 'slots', 'lease_seconds', 'rounds', 'review', 'due_date', 'priority', 'annotators', 'reviewers', 'reasons'];

/**
 * @param {{ user: string, team: string, dataset: string, choice: any, onGo: (address: string) => void,
 *   onFailed: (error: unknown) => void }} props
 */
export function NewJobPage({ user, team, dataset, choice, onGo, onFailed }) {
  const { draft, put, forget, isBegun } = useDraft(user, team);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const { refusal, isBusy, make } = useMaking(draft, (job) => {
    forget();
    onGo(addressOfJob(job));
  });
  const faults = refusal?.faults ?? [];
  const fields = { draft, faults, put };
  return (
    <main id="main" class="calm wide">
      <Link to="/manage" onGo={onGo}>{text('manage.back')}</Link>
      <Title>{text('newjob.new')}</Title>
      {choice}
      {/* Enter in a field makes no job by mistake: it takes the button. */}
      <form ref={form} class="fields" onSubmit={(event) => event.preventDefault()}>
        <DatasetField team={team} named={dataset} chosen={draft.dataset} faults={faults} onChoose={(chosen) => put({ dataset: chosen })} onGo={onGo} onFailed={onFailed} />
        <section><h2>{text('newjob.what')}</h2><TextFields {...fields} /><LabelFields {...fields} /></section>
        <section><h2>{text('newjob.how')}</h2><WorkFields {...fields} /><ReasonsField reasons={draft.reasons} faults={faults} onInput={(reasons) => put({ reasons })} /><UrgencyFields {...fields} /></section>
        <section>
          <h2>{text('newjob.who')}</h2>
          <PeopleField field="annotators" team={team} people={draft.annotators} faults={faults} onChange={(annotators) => put({ annotators })} />
          <PeopleField field="reviewers" team={team} people={draft.reviewers} faults={faults} onChange={(reviewers) => put({ reviewers })} />
        </section>
        <FormFaults form={form} refusal={refusal} shown={SHOWN} />
        <div class="row">
          <span class="quiet" role="status">{isBegun ? text('newjob.kept') : ''}</span>
          <button type="button" aria-disabled={isBusy || !isBegun} onClick={() => !isBusy && forget()}>{text('newjob.discard')}</button>
          <button type="button" class="main" aria-disabled={isBusy} onClick={() => !isBusy && make()}>{text('newjob.make')}</button>
        </div>
      </form>
    </main>
  );
}

/** Makes the job of a draft. @param {import('./draft.js').Draft} draft @param {(job: string) => void} onMade */
function useMaking(draft, onMade) {
  const [refusal, setRefusal] = useState(/** @type {Refusal | null} */ (null));
  const [isBusy, setBusy] = useState(false);
  /** The last request and its key: when no answer came, the same request may have made the job already. */
  const sent = useRef({ body: '', key: '' });
  const make = async () => {
    const request = requestOf(draft);
    if (!draft.dataset) return setRefusal({ message: '', faults: [{ field: 'dataset', message: text('newjob.no_dataset') }] });
    const body = JSON.stringify(request);
    if (sent.current.body !== body) sent.current = { body, key: newKey() };
    setBusy(true);
    try {
      onMade((await makeJob(request, sent.current.key)).id);
    } catch (error) {
      setRefusal({ message: messageOf(error), faults: error instanceof ApiProblem ? faultsOf(error) : [] });
      setBusy(false);
    }
  };
  return { refusal, isBusy, make };
}
