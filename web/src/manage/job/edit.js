// The settings of a job as a form holds them, and what of them was changed.

import { idsOf, localOf, moment } from '../new-job/draft.js';
import { reasonsIn, titlesOf } from '../new-job/reasons.js';

/** @typedef {import('../../api/people.js').Named} Named */
/** @typedef {import('../new-job/draft.js').Draft} Draft */
/** @typedef {Pick<Draft, 'title' | 'description' | 'instructions' | 'due' | 'priority' | 'annotators' | 'reviewers' | 'reasons'>} Fields */
/** With the reasons that have codes. @typedef {Fields & { known: import('../../api/types.js').ReasonCode[] }} Edit */

/** @param {import('../../api/types.js').ManagedJob} job @returns {Edit} */
export function editOf(job) {
  const names = new Map(job.people.map(({ id, name }) => [id, name]));
  const named = (/** @type {string[] | null} */ ids) => (ids ?? []).map((id) => ({ id, name: names.get(id) ?? id }));
  return {
    title: job.title, description: job.description ?? '', instructions: job.instructions ?? '', due: localOf(job.due_date),
    priority: job.priority, annotators: named(job.annotators), reviewers: named(job.reviewers),
    reasons: titlesOf(job.reasons), known: job.reasons,
  };
}

/** What is different, as the API takes it; what is the same is not there. @param {Edit} before @param {Edit} after @returns {Record<string, unknown>} */
export function changesOf(before, after) {
  const [was, is] = [requestOf(before), requestOf(after)];
  return Object.fromEntries(Object.entries(is).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name])));
}

/** @param {Edit} edit @returns {Record<string, unknown>} */
function requestOf(edit) {
  return {
    title: edit.title, description: edit.description || null, instructions: edit.instructions || null, due_date: moment(edit.due),
    priority: edit.priority, annotators: idsOf(edit.annotators), reviewers: idsOf(edit.reviewers),
    reasons: reasonsIn(edit.reasons, edit.known),
  };
}
