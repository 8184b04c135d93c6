// Labels and verdicts that were too much for one answer.

import { call } from './client.js';

/** @typedef {import('./types.js').Lease} Lease */

/** Reads page by page what was left out. @param {Lease} lease @param {string} path of all leases, or of all reviews @returns {Promise<Lease>} */
export async function complete(lease, path) {
  if (!lease.annotations_left_out) return lease;
  const items = [];
  for (let after = ''; ; ) {
    const page = await call('GET', `${path}/${lease.lease_id}/items?limit=100${after}`);
    items.push(...page.items);
    if (page.next === null) break;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
  return { ...lease, assignment: { ...lease.assignment, items }, annotations_left_out: false };
}
