// What managers read and decide of jobs and their assignments.

import { call } from './client.js';
import { query } from './lists.js';

/** @typedef {import('./types.js').JobSummary} JobSummary */
/** @typedef {import('./types.js').ManagedJob} ManagedJob */
/** @typedef {import('./types.js').AssignmentRow} AssignmentRow */
/** @typedef {import('./types.js').LogEntry} LogEntry */
/** @template T @typedef {import('./lists.js').PageOf<T>} PageOf */

/** Jobs of one state that a board reads at most. */
export const JOBS_MAX = 500;
const PAGE = 100;

/** In which work is left. @type {import('./types.js').JobStatus[]} */
const OPEN = ['active', 'paused', 'cancelling'];

/** The jobs of a team in which work is left. @param {string} team @returns {Promise<JobSummary[]>} */
export async function openJobs(team) {
  const lists = await Promise.all(OPEN.map((status) => jobsOf(team, status)));
  // A job may have changed its state between two of the lists.
  return [...new Map(lists.flat().map((job) => [job.id, job])).values()];
}

/** A team's jobs in a state, the newest first. @param {string} team @param {string} status @returns {Promise<JobSummary[]>} */
export async function jobsOf(team, status) {
  /** @type {JobSummary[]} */
  const jobs = [];
  let after = '';
  do {
    const page = await call('GET', `/v1/jobs?${query({ team, status, order: 'newest', limit: String(PAGE), after })}`);
    jobs.push(...page.items);
    after = page.next ?? '';
  } while (after !== '' && jobs.length < JOBS_MAX);
  return jobs;
}

/** @param {string} job @returns {Promise<ManagedJob>} */
export function job(job) {
  return call('GET', `/v1/jobs/${job}`);
}

/** Pauses a job, resumes it or calls it off. @param {string} job @param {'pause' | 'resume' | 'cancel'} verb @returns {Promise<unknown>} */
export function switchJob(job, verb) {
  return call('POST', `/v1/jobs/${job}/${verb}`);
}

/**
 * The map of a job, or of some of its ranges.
 * @param {string} job @param {[number, number] | null} ranges the first, and the one behind the last @param {number} buckets
 * @returns {Promise<import('./types.js').Coverage>}
 */
export function coverage(job, ranges, buckets) {
  const [from, to] = ranges ?? ['', ''];
  return call('GET', `/v1/jobs/${job}/coverage?${query({ buckets: String(buckets), from: String(from), to: String(to) })}`);
}

/**
 * Makes a job. The same key makes it once, also where the answer to the first try was lost.
 * @param {Record<string, unknown>} request @param {string} key @returns {Promise<ManagedJob>}
 */
export function makeJob(request, key) {
  return call('POST', '/v1/jobs', { body: request, headers: { 'Idempotency-Key': key } });
}

/** @param {string} job @param {Record<string, unknown>} changes what is absent stays @returns {Promise<ManagedJob>} */
export function editJob(job, changes) {
  return call('PATCH', `/v1/jobs/${job}`, { body: changes });
}

/** Which assignments of a job; what is empty narrows nothing, and they come by range where no order is said. @typedef {{ status?: string, holder?: string, author?: string, round?: string, range?: string, order?: string }} Wanted */

/** @param {string} job @param {Wanted} wanted @param {string} after @param {number} [limit] @returns {Promise<PageOf<AssignmentRow>>} */
export function assignments(job, wanted, after, limit = PAGE) {
  return call('GET', `/v1/jobs/${job}/assignments?${query({ ...wanted, limit: String(limit), after })}`);
}

/**
 * @param {string} assignment
 * @param {'reassign' | 'reopen' | 'cancel'} verb
 * @param {{ reason: string, user?: string }} decision
 * @returns {Promise<AssignmentRow>}
 */
export function decide(assignment, verb, decision) {
  return call('POST', `/v1/assignments/${assignment}/${verb}`, { body: decision });
}

/** @param {string} assignment @returns {Promise<PageOf<LogEntry>>} */
export function logOf(assignment) {
  return call('GET', `/v1/assignments/${assignment}/log?limit=1000`);
}
