// Why items are rejected: the job's own reasons, then those that this person gave before in this browser, then usual ones.

import { text } from '../texts/texts.js';

/** Reasons that have a number key. */
export const REASONS_MOST = 9;

/** @param {string} job */
const place = (job) => `swath.reasons.${job}`;

/** @param {import('../api/types.js').Job} job @returns {string[]} */
export function reasonsOf(job) {
  if (job.reasons?.length) return job.reasons;
  const usual = /** @type {const} */ (['loose', 'missing', 'class', 'extra']).map((name) => text(`review.reason.${name}`));
  // Usual ones come first, so that a number goes on meaning the same reason.
  return [...new Set([...usual, ...given(job.id)])].slice(0, REASONS_MOST);
}

/** Keeps a reason in the person's own words for the next time. @param {import('../api/types.js').Job} job @param {string} reason */
export function remember(job, reason) {
  if (reasonsOf(job).includes(reason)) return;
  localStorage.setItem(place(job.id), JSON.stringify([...given(job.id), reason].slice(-REASONS_MOST)));
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
