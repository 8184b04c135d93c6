// Brings one kept item to the server.

import { isSame } from '../api/annotations.js';
import { ApiProblem } from '../api/client.js';
import { readItem, save } from '../api/leases.js';
import { judge } from '../api/reviews.js';

/** @typedef {import('./store.js').Kept} Kept */
/** @typedef {import('./store.js').KeptLabels} KeptLabels */
/** @typedef {import('../api/types.js').Annotation} Annotation */

/** The item was saved elsewhere since: what is there now. */
export class Conflict extends Error {
  /** @param {string} message @param {{ annotation: Annotation | null, revision: number }} theirs */
  constructor(message, theirs) {
    super(message);
    this.theirs = theirs;
  }
}

/** @param {Kept} kept @returns {Promise<number>} the revision that it is now; a verdict has none */
export async function post(kept) {
  if (kept.annotation) return postLabels(kept);
  if (kept.verdict) await judge(kept.lease, kept.index, kept.verdict);
  return 0;
}

/** @param {KeptLabels} kept */
async function postLabels({ lease, index, annotation, revision }) {
  try {
    return (await save(lease, index, annotation, revision ?? 0)).revision;
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 412) throw error;
    const theirs = await readItem(lease, index);
    if (!theirs) throw error;
    // It arrived before, and only the answer was lost.
    if (isSame(theirs.annotation, annotation)) return theirs.revision;
    throw new Conflict(error.message, theirs);
  }
}
