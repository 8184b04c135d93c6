// Which job a manager looks at first.

import { finished, total } from './states.js';

/** @typedef {import('../api/types.js').JobSummary} JobSummary */

const PRIORITIES = ['release_blocker', 'high', 'normal', 'low'];
const OPEN = new Set(['active', 'paused', 'cancelling']);

/** The share of a job's time that passes before it is said to lag behind. */
const SAID_FROM = 0.1;

/** Whether work is left in it. @param {JobSummary} job */
export function isOpen(job) {
  return OPEN.has(job.status);
}

/** @param {JobSummary} job @param {Date} now */
export function isOverdue(job, now) {
  return isOpen(job) && job.due_date !== null && new Date(job.due_date) <= now;
}

/**
 * How far a job lags behind its due date: which share of its items is finished, and which share of its time has passed, where
 * less of the work is finished than of the time is gone.
 * @param {JobSummary} job @param {Date} now @returns {{ finished: number, passed: number } | null}
 */
export function lag(job, now) {
  if (!isOpen(job) || job.due_date === null || isOverdue(job, now)) return null;
  const began = new Date(job.created_at).getTime();
  const passed = (now.getTime() - began) / (dueTime(job) - began);
  const all = total(job.progress);
  const done = all > 0 ? finished(job.progress) / all : 0;
  // At the beginning nothing can be said.
  return passed >= SAID_FROM && done < passed ? { finished: done, passed } : null;
}

/** What is overdue first and then what lags behind, each by priority and due date; what is finished last, and the newest of it first. @param {JobSummary[]} jobs @param {Date} now */
export function byUrgency(jobs, now) {
  const rank = (/** @type {JobSummary} */ job) => [
    isOpen(job) ? 0 : 1,
    isOverdue(job, now) ? 0 : lag(job, now) ? 1 : 2,
    isOpen(job) ? PRIORITIES.indexOf(job.priority) : 0,
    isOpen(job) ? dueTime(job) : -new Date(job.created_at).getTime(),
  ];
  return jobs.map((job) => ({ job, rank: rank(job) })).sort((one, other) => compare(one.rank, other.rank)).map(({ job }) => job);
}

/** @param {JobSummary} job */
function dueTime({ due_date: due }) {
  return due === null ? Infinity : new Date(due).getTime();
}

/** @param {number[]} one @param {number[]} other */
function compare(one, other) {
  const at = one.findIndex((value, place) => value !== other[place]);
  return at < 0 ? 0 : one[at] < other[at] ? -1 : 1;
}
