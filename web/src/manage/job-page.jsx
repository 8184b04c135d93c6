// One job: how far it is, what its exports would lack, and its assignments.

import { useState } from 'preact/hooks';
import { job as askJob, switchJob } from '../api/manage.js';
import { dateAndTime, text } from '../texts/texts.js';
import { Assignments } from './assignments.jsx';
import { NotLive } from './not-live.jsx';
import { Legend, Strip } from './strip.jsx';
import { usePolled } from './use-polled.js';

/** @typedef {import('../api/types.js').ManagedJob} ManagedJob */

/** @param {{ id: string, onGo: (path: string) => void, onFailed: (error: unknown) => void }} props */
export function JobPage({ id, onGo, onFailed }) {
  const { told: job, isAway, isRefused, look } = usePolled(() => askJob(id), [id], onFailed);
  return (
    <main id="main" class="calm wide">
      <a href="/manage" onClick={(event) => { event.preventDefault(); onGo('/manage'); }}>{text('manage.back')}</a>
      <NotLive isAway={isAway} onLook={look} />
      {job === null && !isAway && !isRefused && <p role="status">{text('app.loading')}</p>}
      {job !== null && <Facts job={job} onChanged={look} onFailed={onFailed} />}
      {job !== null && <Assignments job={job} onChanged={look} onFailed={onFailed} />}
    </main>
  );
}

/** @param {{ job: ManagedJob, onChanged: () => void, onFailed: (error: unknown) => void }} props */
function Facts({ job, onChanged, onFailed }) {
  const { items_without_size: sizeless } = job.exports_lack;
  return (
    <>
      <div class="job-head">
        <h1>{job.title}</h1>
        <span class="status">{text(`job.${job.status}`)}</span>
      </div>
      <section>
        <Strip states={job.progress} />
        <Legend states={job.progress} />
        <p>{facts(job).join(' · ')}</p>
        {job.counts.waiting_for_manager > 0 && <p class="warning">{text('manage.waits', { count: job.counts.waiting_for_manager })}</p>}
        {job.pictures_missing > 0 && <p class="warning">{text('manage.unreadable', { count: job.pictures_missing })}</p>}
        {sizeless > 0 && <p class="warning">{text('manage.sizeless', { count: sizeless })}</p>}
      </section>
      <Switches job={job} onChanged={onChanged} onFailed={onFailed} />
    </>
  );
}

/** @param {ManagedJob} job */
function facts(job) {
  const due = job.due_date === null ? text('manage.no_due') : text('manage.due', { time: dateAndTime(new Date(job.due_date)) });
  const maker = text('manage.made_by', { name: job.created_by_name ?? '', time: dateAndTime(new Date(job.created_at)) });
  return [job.dataset_name ?? '', text(`priority.${job.priority}`), due, maker];
}

/** @param {{ job: ManagedJob, onChanged: () => void, onFailed: (error: unknown) => void }} props */
function Switches({ job, onChanged, onFailed }) {
  const [isSure, setSure] = useState(false);
  /** @param {'pause' | 'resume' | 'cancel'} verb */
  const turn = (verb) => switchJob(job.id, verb).then(onChanged, onFailed).then(() => setSure(false));
  if (job.status !== 'active' && job.status !== 'paused') return null;
  return (
    <div class="row">
      {job.status === 'active' && <button type="button" onClick={() => turn('pause')}>{text('manage.pause')}</button>}
      {job.status === 'paused' && <button type="button" onClick={() => turn('resume')}>{text('manage.resume')}</button>}
      {!isSure && <button type="button" onClick={() => setSure(true)}>{text('manage.cancel_job')}</button>}
      {isSure && <button type="button" class="danger" onClick={() => turn('cancel')}>{text('manage.cancel_job_sure')}</button>}
      {isSure && <button type="button" onClick={() => setSure(false)}>{text('manage.keep_job')}</button>}
    </div>
  );
}
