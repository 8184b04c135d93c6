// One job: how far it is, who works on it, what its exports would lack, its settings, and its assignments.

import { useEffect, useState } from 'preact/hooks';
import { job as askJob, switchJob } from '../api/manage.js';
import { aboutJob } from '../live/about.js';
import { dateAndTime, text } from '../texts/texts.js';
import { Assignments } from './assignments.jsx';
import { Export } from './job/export.jsx';
import { People } from './job/people.jsx';
import { Settings } from './job/settings.jsx';
import { StatusLinks } from './job/status-links.jsx';
import { JobMap } from './map/job-map.jsx';
import { NotLive } from './not-live.jsx';
import { Link } from './parts/link.jsx';
import { SureButton } from './parts/sure-button.jsx';
import { Title } from './parts/title.jsx';
import { addressOfDataset, addressOfJob, addressOfPeople } from './place.js';
import { Legend, Strip } from './strip.jsx';
import { usePolled } from './use-polled.js';

/** @typedef {import('../api/types.js').ManagedJob} ManagedJob */
/** @typedef {{ job: ManagedJob, onGo: (address: string) => void, onChanged: () => void, onFailed: (error: unknown) => void }} PartProps */

/** The parts that are shown when they are wanted. */
const PARTS = { people: People, settings: Settings, export: Export };
const NAMES = /** @type {const} */ (['people', 'settings', 'export']);

/**
 * @param {{ id: string, wanted: import('../api/manage.js').Wanted, onTeam: (team: string) => void, onGo: (path: string) => void,
 *   onFailed: (error: unknown) => void }} props
 */
export function JobPage({ id, wanted, onTeam, onGo, onFailed }) {
  const { told: job, isAway, isRefused, look } = usePolled(() => askJob(id), [id], onFailed, aboutJob(id));
  useEffect(() => { if (job) onTeam(job.team); }, [job?.team]);
  const part = job && { job, onGo, onChanged: look, onFailed };
  return (
    <main id="main" class="calm wide">
      <Link to="/manage" onGo={onGo}>{text('manage.back')}</Link>
      <NotLive isAway={isAway} onLook={look} />
      {job === null && !isAway && !isRefused && <p role="status">{text('app.loading')}</p>}
      {part && <Facts {...part} />}
      {part && <Parts {...part} />}
      {part && <Assignments {...part} wanted={wanted} />}
    </main>
  );
}

/** @param {PartProps} props */
function Facts({ job, onGo, onChanged, onFailed }) {
  const { items_without_size: sizeless } = job.exports_lack;
  return (
    <>
      <div class="job-head">
        <Title>{job.title}</Title>
        <span class="status">{text(`job.${job.status}`)}</span>
      </div>
      <section>
        <Strip states={job.progress} />
        <Legend states={job.progress} job={job.id} onGo={onGo} />
        <p><Link to={addressOfDataset(job.dataset)} onGo={onGo}>{job.dataset_name ?? ''}</Link>{' · '}{facts(job).join(' · ')}{' · '}
          <Link to={addressOfPeople(job.created_by_name ?? '')} onGo={onGo}>{text('manage.made_by', { name: job.created_by_name ?? '', time: dateAndTime(new Date(job.created_at)) })}</Link>
        </p>
        <JobMap job={job} onGo={onGo} onFailed={onFailed} />
        <StatusLinks job={job} onGo={onGo} />
        {job.counts.waiting_for_manager > 0 && <p class="warning"><Link to={addressOfJob(job.id, { status: 'PENDING' })} onGo={onGo}>{text('manage.waits', { count: job.counts.waiting_for_manager })}</Link></p>}
        {job.pictures_missing > 0 && <p class="warning"><Link to={addressOfDataset(job.dataset, true)} onGo={onGo}>{text('manage.unreadable', { count: job.pictures_missing })}</Link></p>}
        {sizeless > 0 && <p class="warning"><Link to={addressOfDataset(job.dataset)} onGo={onGo}>{text('manage.sizeless', { count: sizeless })}</Link></p>}
      </section>
      <Switches job={job} onChanged={onChanged} onFailed={onFailed} />
    </>
  );
}

/** @param {ManagedJob} job */
function facts(job) {
  const due = job.due_date === null ? text('manage.no_due') : text('manage.due', { time: dateAndTime(new Date(job.due_date)) });
  return [text(`priority.${job.priority}`), due];
}

/** @param {{ job: ManagedJob, onChanged: () => void, onFailed: (error: unknown) => void }} props */
function Switches({ job, onChanged, onFailed }) {
  /** @param {'pause' | 'resume' | 'cancel'} verb */
  const turn = (verb) => switchJob(job.id, verb).then(onChanged, onFailed);
  if (job.status !== 'active' && job.status !== 'paused') return null;
  return (
    <div class="row">
      {/* One button, so that the focus stays on it. */}
      <button type="button" onClick={() => turn(job.status === 'active' ? 'pause' : 'resume')}>{text(job.status === 'active' ? 'manage.pause' : 'manage.resume')}</button>
      <SureButton label={text('manage.cancel_job')} question={text('manage.cancel_job_what')} sure={text('manage.cancel_job_sure')} onSure={() => turn('cancel')} />
    </div>
  );
}

/** What is read or done now and then opens below its button, one at a time. @param {PartProps} props */
function Parts(props) {
  const [open, setOpen] = useState(/** @type {keyof typeof PARTS | null} */ (null));
  const Shown = open && PARTS[open];
  return (
    <section class="parts">
      <div class="chips">
        {NAMES.map((part) => (
          <button key={part} type="button" aria-expanded={part === open} onClick={() => setOpen(part === open ? null : part)}>{text(`job.part.${part}`)}</button>
        ))}
      </div>
      {Shown && <Shown {...props} />}
    </section>
  );
}
