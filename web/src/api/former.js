// What was said of a submission in the round before. Its reviewer reads their own words; somebody else reads that the
// items were rejected, until the server tells more with the review itself.

import { ApiProblem, call } from './client.js';
import { read } from './reviews.js';

/** @typedef {import('./types.js').Lease} Lease */
/** @typedef {import('./types.js').Verdict} Verdict */

/** A rework holds only items that were rejected. @type {Verdict} */
const REJECTED = { verdict: 'reject', reason: null, comment: null };

/** @param {Lease} lease of a review @returns {Promise<Map<number, Verdict>>} by the items' numbers; empty in a first round */
export async function formerVerdicts({ assignment: { parent, items } }) {
  if (!parent) return new Map();
  const said = await ownWords(parent);
  return new Map(items.map(({ index }) => [index, said.get(index) ?? REJECTED]));
}

/** @param {string} assignment @returns {Promise<Map<number, Verdict>>} */
async function ownWords(assignment) {
  const log = await call('GET', `/v1/assignments/${assignment}/log?limit=100`);
  const decision = log.items.findLast((/** @type {{ action: string }} */ entry) => entry.action === 'decide');
  if (!decision) return new Map();
  try {
    const { assignment: { items } } = await read(decision.lease_id);
    return new Map(items.flatMap(({ index, verdict }) => (verdict ? [[index, verdict]] : [])));
  } catch (error) {
    // It was somebody else's review.
    if (error instanceof ApiProblem && error.status === 404) return new Map();
    throw error;
  }
}
