// What a job says to the people who work on it. It is asked for once per job.

import { call } from './client.js';

/** @typedef {{ description_html?: string | null, instructions_html?: string | null }} JobTexts */

/** @type {Map<string, Promise<JobTexts>>} by the job's id */
const known = new Map();

/** @param {string} job @returns {Promise<JobTexts>} */
export function textsOf(job) {
  const asked = known.get(job);
  if (asked) return asked;
  const asking = call('GET', `/v1/jobs/${job}`);
  known.set(job, asking);
  asking.catch(() => known.delete(job));
  return asking;
}
