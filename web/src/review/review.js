// Reviewing as a kind of work: how a submission is asked for, opened, and decided.

import { giveBack, held, read, renew, submit, take } from '../api/reviews.js';
import { Holding } from '../lease/holding.js';
import { Submission } from './submission.js';

/** @typedef {Holding<Submission>} Review */
/** @typedef {import('../lease/holding.js').Phase<Submission>} Phase */

/** @param {import('../outbox/outbox.js').Outbox} outbox @param {string} user @param {string | undefined} team @returns {Review} */
export function reviewOf(outbox, user, team) {
  const open = (/** @type {import('../api/types.js').Lease} */ lease) => Submission.open(lease, outbox, user);
  const decide = async (/** @type {Submission} */ { id, left }) => {
    await submit(id, left);
    // What this browser has kept of these items is in the decision now.
    await outbox.forget(...left.map(({ index }) => ({ lease: id, index }))).catch(() => {});
  };
  return new Holding({ held, take, read, renew, giveBack, open, submit: decide, path: '/v1/reviews' }, outbox, team);
}
