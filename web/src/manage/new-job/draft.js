// A job as it is being filled in: what the form holds, and the request that it becomes.

import { reasonsIn } from './reasons.js';

/** @typedef {import('../../api/people.js').Named} Named */
/** @typedef {import('../../api/types.js').Shape | 'any'} ClassShape */
/** @typedef {import('../../api/types.js').Priority} Priority */
/** Values stand one on each line; any value is taken where there are none. @typedef {{ name: string, values: string }} DraftTag */
/**
 * @typedef {object} Draft
 * @property {Named | null} dataset
 * @property {string} title
 * @property {string} description
 * @property {string} instructions
 * @property {{ name: string, shape: ClassShape }[]} classes
 * @property {DraftTag[]} tags
 * @property {string} figures the most figures on an item; numbers are texts until they are sent
 * @property {string} item_tags
 * @property {string} range_size
 * @property {string} slots
 * @property {'all' | 'sample' | 'none'} rule
 * @property {string} percent
 * @property {string} lease_minutes
 * @property {string} rounds
 * @property {string} due as a field for local time gives it
 * @property {Priority} priority
 * @property {Named[]} annotators everybody where there is none
 * @property {Named[]} reviewers
 * @property {string} reasons to reject an item, one on each line
 */

/** @returns {Draft} */
export function emptyDraft() {
  return {
    dataset: null, title: '', description: '', instructions: '', classes: [{ name: '', shape: 'rectangle' }], tags: [], figures: '', item_tags: '',
    range_size: '50', slots: '1', rule: 'all', percent: '20', lease_minutes: '30', rounds: '5', due: '', priority: 'normal', annotators: [], reviewers: [], reasons: '',
  };
}

/** The request that makes the job. @param {Draft} draft @returns {Record<string, unknown>} */
export function requestOf(draft) {
  const minutes = number(draft.lease_minutes);
  return {
    dataset: draft.dataset?.id,
    title: draft.title,
    description: draft.description || undefined,
    instructions: draft.instructions || undefined,
    classes: draft.classes,
    tags: draft.tags.map(({ name, values }) => ({ name, values: lines(values) })),
    limits: { figures: number(draft.figures), tags: number(draft.item_tags) },
    range_size: number(draft.range_size),
    slots: number(draft.slots),
    review: draft.rule === 'sample' ? { rule: draft.rule, percent: number(draft.percent) } : { rule: draft.rule },
    lease_seconds: typeof minutes === 'number' ? Math.round(minutes * 60) : minutes,
    rounds: number(draft.rounds),
    due_date: moment(draft.due) ?? undefined,
    priority: draft.priority,
    annotators: idsOf(draft.annotators) ?? undefined,
    reviewers: idsOf(draft.reviewers) ?? undefined,
    reasons: draft.reasons.trim() === '' ? undefined : reasonsIn(draft.reasons),
  };
}

/** What is no number goes out as it is, so that the server says what is wrong with it. @param {string} text */
function number(text) {
  const plain = text.trim();
  if (plain === '') return undefined;
  return Number.isFinite(Number(plain)) ? Number(plain) : plain;
}

/** @param {string} text @returns {string[] | undefined} none where there is no line */
function lines(text) {
  const all = text.split('\n').map((line) => line.trim()).filter(Boolean);
  return all.length > 0 ? all : undefined;
}

/** A local time as the API takes it; null where there is none. @param {string} local */
export function moment(local) {
  return local === '' ? null : new Date(local).toISOString();
}

/** A time of the API for a field of local time. @param {string | null} time */
export function localOf(time) {
  if (time === null) return '';
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** @param {Named[]} people @returns {string[] | null} null for everybody */
export function idsOf(people) {
  return people.length > 0 ? people.map(({ id }) => id) : null;
}

/** A draft as it was kept; what it does not hold is as in an empty one. @param {string | null} kept @returns {Draft} */
export function draftOf(kept) {
  const empty = emptyDraft();
  try {
    const read = JSON.parse(kept ?? '{}');
    return /** @type {Draft} */ (Object.fromEntries(Object.entries(empty).map(([name, value]) => [name, isAlike(read[name], value) ? read[name] : value])));
  } catch {
    return empty;
  }
}

/** Whether a kept value can stand where another did: an earlier version may have kept something else. @param {unknown} kept @param {unknown} usual */
function isAlike(kept, usual) {
  if (usual === null) return kept !== undefined;
  return typeof kept === typeof usual && Array.isArray(kept) === Array.isArray(usual);
}
