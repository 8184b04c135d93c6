// The jobs of a team as strips, what is overdue first and then what lags behind: those in which work is left, so that no number of
// finished ones hides them.

import { useRef, useState } from 'preact/hooks';
import { JOBS_MAX, jobsOf, openJobs } from '../api/manage.js';
import { aboutJobsOf } from '../live/about.js';
import { dateAndTime, percent, text } from '../texts/texts.js';
import { JobStrip } from './map/job-strip.jsx';
import { NotLive } from './not-live.jsx';
import { Link } from './parts/link.jsx';
import { addressOfJob } from './place.js';
import { finished, total } from './states.js';
import { byUrgency, isOverdue, lag } from './urgency.js';
import { usePolled } from './use-polled.js';

/** @typedef {import('../api/types.js').JobSummary} JobSummary */

/** What the board shows instead. */
const STATUSES = /** @type {const} */ (['active', 'paused', 'done', 'cancelled']);
const MINUTE_MS = 60_000;
/** Rows that are remembered: those of a few states. */
const KEPT_ROWS = 4 * JOBS_MAX;
/** Rows that are drawn until the person asks for more. */
const SHOWN_FIRST = 100;

/** @param {{ team: string, onGo: (path: string) => void, onFailed: (error: unknown) => void }} props */
export function Board({ team, onGo, onFailed }) {
  const [status, setStatus] = useState('');
  const [name, setName] = useState('');
  const [most, setMost] = useState(SHOWN_FIRST);
  const { told: jobs, isAway, isRefused, look } = usePolled(() => (status === '' ? openJobs(team) : jobsOf(team, status)), [team, status], onFailed, aboutJobsOf(team));
  const now = new Date();
  const wanted = name.trim().toLowerCase();
  const row = useRows(now, onGo);
  const found = byUrgency((jobs ?? []).filter(({ title }) => title.toLowerCase().includes(wanted)), now);
  return (
    <>
      <div class="filters">
        <label class="field">
          {text('manage.find')}
          <input type="text" value={name} maxLength={200} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label class="field">
          {text('manage.status')}
          <select value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
            <option value="">{text('manage.open')}</option>
            {STATUSES.map((one) => <option key={one} value={one}>{text(`job.${one}`)}</option>)}
          </select>
        </label>
      </div>
      <NotLive isAway={isAway} onLook={look} />
      {jobs === null && !isAway && !isRefused && <p role="status">{text('app.loading')}</p>}
      {jobs !== null && found.length === 0 && <p class="quiet">{text('manage.none')}</p>}
      <ul class="rows jobs">
        {found.slice(0, most).map(row)}
      </ul>
      {found.length > most && <button type="button" onClick={() => setMost(most + SHOWN_FIRST)}>{text('manage.more')}</button>}
      {jobs !== null && jobs.length >= JOBS_MAX && <p class="quiet">{text('manage.newest_only', { count: JOBS_MAX })}</p>}
    </>
  );
}

/**
 * The rows of jobs. One of which nothing has changed stays the same element, so that an answer about 500 jobs draws few anew.
 * @param {Date} now @param {(path: string) => void} onGo @returns {(job: JobSummary) => import('preact').VNode}
 */
function useRows(now, onGo) {
  const rows = useRef(/** @type {Map<string, { of: string, row: import('preact').VNode }>} */ (new Map()));
  const latest = useRef(onGo);
  latest.current = onGo;
  const minute = Math.floor(now.getTime() / MINUTE_MS);
  return (job) => {
    const of = `${minute} ${JSON.stringify(job)}`;
    const known = rows.current.get(job.id);
    if (known?.of === of) return known.row;
    const row = <JobRow key={job.id} job={job} now={now} onGo={(path) => latest.current(path)} />;
    if (rows.current.size >= KEPT_ROWS) rows.current.clear();
    rows.current.set(job.id, { of, row });
    return row;
  };
}

/** @param {{ job: JobSummary, now: Date, onGo: (path: string) => void }} props */
function JobRow({ job, now, onGo }) {
  const late = isOverdue(job, now);
  const behind = lag(job, now);
  const facts = [
    job.dataset_name,
    text('manage.finished', { done: finished(job.progress), count: total(job.progress) }),
    job.priority === 'normal' ? null : text(`priority.${job.priority}`),
  ];
  return (
    <li>
      <div>
        <Link to={addressOfJob(job.id)} onGo={onGo}><strong>{job.title}</strong></Link>
        <p class="quiet">{facts.filter(Boolean).join(' · ')}</p>
      </div>
      {behind && <span class="status late">{text('manage.behind', { done: percent(behind.finished), passed: percent(behind.passed) })}</span>}
      {job.due_date && <span class={late ? 'status late' : 'status'}>{text(late ? 'manage.overdue' : 'manage.due', { time: dateAndTime(new Date(job.due_date)) })}</span>}
      <span class="status">{text(`job.${job.status}`)}</span>
      <JobStrip job={job} />
    </li>
  );
}
