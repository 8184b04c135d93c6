// The calls of someone who reviews. A review is a lease of a submission.

import { call } from './client.js';
import { complete } from './complete.js';

/** @typedef {import('./types.js').Lease} Lease */
/** @typedef {import('./types.js').Verdict} Verdict */

/** @param {string} [team] @returns {Promise<Lease>} the submission that one holds already, or the next one */
export function take(team) {
  return call('POST', '/v1/reviews', { body: team ? { team } : {} }).then(whole);
}

/** @returns {Promise<Lease | null>} the submission that one holds */
export async function held() {
  const page = await call('GET', '/v1/reviews?limit=1');
  return page.items.length > 0 ? whole(page.items[0]) : null;
}

/** @param {string} review @returns {Promise<Lease>} */
export function read(review) {
  return call('GET', `/v1/reviews/${review}`).then(whole);
}

/** @param {Lease} review */
const whole = (review) => complete(review, '/v1/reviews');

/** @param {string} review @param {number} index @param {Verdict} verdict */
export function judge(review, index, verdict) {
  return call('PUT', `/v1/reviews/${review}/items/${index}`, { body: verdict });
}

/** @param {string} review @param {number} index @returns {Promise<import('./types.js').Opinion[]>} what else is said of an item, the newest first */
export async function opinions(review, index) {
  const all = [];
  for (let after = ''; ; ) {
    const page = await call('GET', `/v1/reviews/${review}/items/${index}/opinions${after}`);
    all.push(...page.items);
    if (!page.next) return all;
    after = `?after=${encodeURIComponent(page.next)}`;
  }
}

/** @param {string} review @returns {Promise<{ expires_in: number }>} */
export function renew(review) {
  return call('POST', `/v1/reviews/${review}/renew`);
}

/**
 * @param {string} review
 * @param {(Verdict & { index: number })[]} verdicts those that were not saved on the way
 * @returns {Promise<{ status: string }>}
 */
export function submit(review, verdicts) {
  // A submission is decided once, so the review's own id names the decision: after a lost answer or in another tab the
  // same request gets the first answer.
  return call('POST', `/v1/reviews/${review}/submit`, { body: { decision_id: `console-${review}`, verdicts } });
}

/** @param {string} review @param {string} reason */
export function giveBack(review, reason) {
  return call('DELETE', `/v1/reviews/${review}`, { body: { reason } });
}
