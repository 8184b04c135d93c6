// What a person holds now, job by job.

import { assignments, openJobs } from '../../api/manage.js';
import { dateAndTime, text } from '../../texts/texts.js';
import { nameOf } from '../assignment-row.jsx';
import { NotLive } from '../not-live.jsx';
import { Link } from '../parts/link.jsx';
import { useAsked } from '../parts/use-asked.js';
import { addressOfJob } from '../place.js';

/** @typedef {import('../../api/types.js').AssignmentRow} Row */
/** @typedef {{ job: import('../../api/types.js').JobSummary, row: Row }} Held */
/** @typedef {ReturnType<typeof useHoldings>} Holding */

/** Jobs that are asked for at once. */
const AT_ONCE = 4;

/** @param {string} team @param {string} user @param {(error: unknown) => void} onFailed */
export function useHoldings(team, user, onFailed) {
  return useAsked(() => holdings(team, user), [team, user], onFailed);
}

/** Only jobs in which somebody holds something are asked. @param {string} team @param {string} user @returns {Promise<Held[]>} */
async function holdings(team, user) {
  const jobs = (await openJobs(team)).filter(({ counts }) => counts.in_progress + counts.in_review > 0);
  /** @type {Held[]} */
  const held = [];
  for (let at = 0; at < jobs.length; at += AT_ONCE) {
    const few = jobs.slice(at, at + AT_ONCE);
    const pages = await Promise.all(few.map((job) => assignments(job.id, { holder: user }, '')));
    pages.forEach(({ items }, place) => held.push(...items.filter(isCurrent).map((row) => ({ job: few[place], row }))));
  }
  return held;
}

/** A lease that has expired stands on its assignment until somebody takes it. @param {Row} row */
function isCurrent({ status }) {
  return status === 'IN_PROGRESS' || status === 'IN_REVIEW';
}

/** @param {{ held: Holding, onGo: (address: string) => void }} props */
export function Holdings({ held: { told, isAway, isRefused, look }, onGo }) {
  return (
    <section>
      <h3>{text('people.holds')}</h3>
      <NotLive isAway={isAway} onLook={look} />
      {told === null && !isAway && !isRefused && <p role="status">{text('app.loading')}</p>}
      {told?.length === 0 && <p class="quiet">{text('people.holds_none')}</p>}
      <ul class="plain">
        {told?.map(({ job, row }) => (
          <li key={row.id}>
            <Link to={addressOfJob(job.id, { holder: row.holder ?? '' })} onGo={onGo}><bdi>{job.title}</bdi></Link>
            {' · '}{nameOf(row)} · {text(`status.${row.status}`)}{row.expires_at && ` · ${text('people.until', { time: dateAndTime(new Date(row.expires_at)) })}`}
          </li>
        ))}
      </ul>
    </section>
  );
}
