// A verdict in words: a job's reasons are codes on the wire and titles for people.

/** @typedef {import('../api/types.js').Job} Job */
/** @typedef {import('../api/types.js').Verdict} Verdict */

/** The title of a reason; words of a reviewer's own are what they are. @param {Job} job @param {string | null} reason */
export function reasonTitle(job, reason) {
  return job.reasons?.find(({ code }) => code === reason)?.title ?? reason;
}

/** Why an item was rejected. @param {Job} job @param {Verdict} verdict */
export function why(job, { reason, comment }) {
  return [reasonTitle(job, reason), comment].filter(Boolean).join(' – ');
}
