// The calls of someone who labels.

import { call } from './client.js';
import { complete } from './complete.js';

/** @typedef {import('./types.js').Lease} Lease */
/** @typedef {import('./types.js').Annotation} Annotation */

/** @param {string} [team] @returns {Promise<Lease>} the range that one holds already, or the next one */
export function take(team) {
  return call('POST', '/v1/leases', { body: team ? { team } : {} }).then(whole);
}

/** @returns {Promise<Lease | null>} the range that one holds */
export async function held() {
  const page = await call('GET', '/v1/leases?limit=1');
  return page.items.length > 0 ? whole(page.items[0]) : null;
}

/** @param {string} lease @returns {Promise<Lease>} */
export function read(lease) {
  return call('GET', `/v1/leases/${lease}`).then(whole);
}

/** @param {string} lease @param {number} index @returns {Promise<import('./types.js').Item | null>} what the server has of an item */
export async function readItem(lease, index) {
  const after = index > 0 ? `&after=${index - 1}` : '';
  const [item] = (await call('GET', `/v1/leases/${lease}/items?limit=1${after}`)).items;
  return item?.index === index ? item : null;
}

/** @param {Lease} lease */
const whole = (lease) => complete(lease, '/v1/leases');

/**
 * @param {string} lease
 * @param {number} index
 * @param {Annotation} annotation
 * @param {number} revision the one that is replaced; 0 where nothing is saved yet
 * @returns {Promise<{ index: number, revision: number }>}
 */
export function save(lease, index, annotation, revision) {
  const body = annotation.skip ? { skip: annotation.skip } : annotation;
  const headers = { 'If-Match': `"${revision}"` };
  return call('PUT', `/v1/leases/${lease}/items/${index}`, { body, headers });
}

/** @param {string} lease @returns {Promise<{ expires_in: number }>} */
export function renew(lease) {
  return call('POST', `/v1/leases/${lease}/renew`);
}

/** @param {string} lease */
export function submit(lease) {
  // A lease is handed in once, so its own id names the submission: after a lost answer, a reload or in another tab the
  // same request gets the first answer.
  return call('POST', `/v1/leases/${lease}/submit`, { body: { submission_id: `console-${lease}` } });
}

/** @param {string} lease @param {string} reason */
export function giveBack(lease, reason) {
  return call('DELETE', `/v1/leases/${lease}`, { body: { reason } });
}
