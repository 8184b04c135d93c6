// Why items are rejected: the job's own reasons; where it has none, usual ones and those that this person gave before in
// this browser.

import { text } from '../texts/texts.js';

/** What a verdict says, and what people read. @typedef {import('../api/types.js').ReasonCode} Reason */
/** @typedef {import('../api/types.js').Job} Job */

/** Reasons that have a number key. */
export const KEYS_MOST = 9;

/** @param {string} job */
const place = (job) => `swath.reasons.${job}`;

/** Whether a rejection says one of the job's own reasons, and nothing else. @param {Job} job */
export function hasCodes(job) {
  return (job.reasons ?? []).length > 0;
}

/** @param {Job} job @returns {Reason[]} */
export function reasonsOf(job) {
  if (job.reasons && hasCodes(job)) return job.reasons;
  const usual = /** @type {const} */ (['loose', 'missing', 'class', 'extra']).map((name) => text(`review.reason.${name}`));
  // Usual ones come first, so that a number goes on meaning the same reason.
  return [...new Set([...usual, ...given(job.id)])].slice(0, KEYS_MOST).map((words) => ({ code: words, title: words }));
}

/** Keeps a reason in the person's own words for the next time. @param {Job} job @param {string} reason */
export function remember(job, reason) {
  if (reasonsOf(job).some(({ code }) => code === reason)) return;
  localStorage.setItem(place(job.id), JSON.stringify([...given(job.id), reason].slice(-KEYS_MOST)));
}

/** @param {string} job @returns {string[]} */
function given(job) {
  try {
    const kept = JSON.parse(localStorage.getItem(place(job)) ?? '[]');
    return Array.isArray(kept) ? kept.map(String) : [];
  } catch {
    return [];
  }
}
