// A person's own list: what they hold, what came back, and what they did today.

import { call } from './client.js';

/** @param {Date} since from when on work counts as done today @returns {Promise<import('./types.js').OwnWork>} */
export function ownWork(since) {
  return call('GET', `/v1/me/work?since=${encodeURIComponent(since.toISOString())}`);
}

/** When the day of a date began, where the person is. @param {Date} date */
export function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}
