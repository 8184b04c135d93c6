// What managers read and decide: jobs, their assignments, and the people of a team.

import { call } from './client.js';

/** @typedef {import('./types.js').JobSummary} JobSummary */
/** @typedef {import('./types.js').ManagedJob} ManagedJob */
/** @typedef {import('./types.js').AssignmentRow} AssignmentRow */
/** @typedef {import('./types.js').LogEntry} LogEntry */
/** @typedef {{ id: string, name: string }} Named */
/** @template T @typedef {{ items: T[], next: string | null }} PageOf */

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

/** @param {string} job @param {string} status none for all @param {string} after @returns {Promise<PageOf<AssignmentRow>>} */
export function assignments(job, status, after) {
  return call('GET', `/v1/jobs/${job}/assignments?${query({ status, limit: String(PAGE), after })}`);
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

/** The members of a team whose names hold a text. @param {string} team @param {string} name @returns {Promise<PageOf<{ user: Named, roles: string[] }>>} */
export function membersCalled(team, name) {
  return call('GET', `/v1/teams/${team}/members?${query({ name, limit: '20' })}`);
}

/** @param {Record<string, string>} fields what is empty is left out */
function query(fields) {
  return new URLSearchParams(Object.entries(fields).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
