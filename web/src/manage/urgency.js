// Which job a manager looks at first.

/** @typedef {import('../api/types.js').JobSummary} JobSummary */

const PRIORITIES = ['release_blocker', 'high', 'normal', 'low'];
const OPEN = new Set(['active', 'paused', 'cancelling']);

/** Whether work is left in it. @param {JobSummary} job */
export function isOpen(job) {
  return OPEN.has(job.status);
}

/** @param {JobSummary} job @param {Date} now */
export function isOverdue(job, now) {
  return isOpen(job) && job.due_date !== null && new Date(job.due_date) <= now;
}

/** What is overdue first, then by priority and due date; what is finished last, and the newest of it first. @param {JobSummary[]} jobs @param {Date} now */
export function byUrgency(jobs, now) {
  const rank = (/** @type {JobSummary} */ job) => [
    isOpen(job) ? 0 : 1,
    isOverdue(job, now) ? 0 : 1,
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
