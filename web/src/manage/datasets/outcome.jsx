// How far an import is, and what came of it: all that is wrong, line by line, or what would be taken in.

import { useEffect, useRef } from 'preact/hooks';
import { ApiProblem } from '../../api/client.js';
import { text } from '../../texts/texts.js';
import { bytes } from '../parts/bytes.js';
import { faultsOf } from '../parts/faults.js';
import { messageOf } from '../parts/use-act.js';
import { Notes } from './notes.jsx';

/** @typedef {import('../parts/faults.js').Fault} Fault */
/** Bytes that were sent, of how many; none of a folder. @typedef {{ sent: number, all: number } | null} Sending */

/**
 * @param {{ isBusy: boolean, sending: Sending, problem: unknown,
 *   trial: import('../../api/datasets.js').Trial | null }} props
 */
export function Outcome({ isBusy, sending, problem, trial }) {
  return (
    <>
      {isBusy && <Progress sending={sending} />}
      {problem !== null && <Refusal problem={problem} />}
      {trial && (
        <div role="status">
          <p>{text('datasets.trial', { count: trial.count })}</p>
          {trial.without_size > 0 && <p class="quiet">{text('datasets.trial_sizes', { count: trial.without_size })}</p>}
          {trial.notes && <Notes notes={trial.notes} />}
        </div>
      )}
    </>
  );
}

/** @param {{ sending: Sending }} props */
function Progress({ sending }) {
  const isSent = sending === null || sending.sent >= sending.all;
  const words = isSent ? text('datasets.importing') : text('datasets.sending', { sent: bytes(sending.sent), all: bytes(sending.all) });
  return (
    <div class="progress">
      <progress aria-label={text('datasets.progress')} {...(isSent ? {} : { value: sending.sent, max: sending.all })} />
      <p role="status">{words}</p>
    </div>
  );
}

/** @param {{ problem: unknown }} props */
function Refusal({ problem }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const faults = faultsOf(problem).filter(({ line, index, field }) => line !== undefined || index !== undefined || !field);
  const count = problem instanceof ApiProblem ? Number(problem.document.faults ?? faults.length) : 0;
  useEffect(() => place.current?.scrollIntoView({ block: 'nearest' }), [problem]);
  return (
    <div ref={place} role="alert">
      <p class="warning">{count > 1 ? text('datasets.refused', { count }) : messageOf(problem)}</p>
      {count > 1 && <ol class="faults" tabIndex={0} aria-label={text('datasets.faults')}>{faults.map((fault, at) => <li key={at}>{words(fault)}</li>)}</ol>}
      {count > faults.length && faults.length > 0 && <p class="quiet">{text('datasets.more_faults', { count: count - faults.length })}</p>}
    </div>
  );
}

/** @param {Fault} fault */
function words({ line, field, index, message }) {
  const where = line !== undefined ? text('datasets.line', { line }) : index !== undefined ? text('datasets.item', { index: index + 1 }) : null;
  return [where, field, message].filter(Boolean).join(' · ');
}
