// Reviewing as a kind of work: how a submission is asked for, opened, and decided.

import { formerVerdicts } from '../api/former.js';
import { giveBack, held, read, renew, submit, take } from '../api/reviews.js';
import { Holding } from '../lease/holding.js';
import { Submission } from './submission.js';

/** @typedef {Holding<Submission>} Review */
/** @typedef {import('../lease/holding.js').Phase<Submission>} Phase */

/** @param {import('../outbox/outbox.js').Outbox} outbox @param {string} user @param {string | undefined} team @returns {Review} */
export function reviewOf(outbox, user, team) {
  const open = async (/** @type {import('../api/types.js').Lease} */ lease) => {
    const submission = await Submission.open(lease, outbox, user);
    // A review does not depend on it, so it is not awaited.
    formerVerdicts(lease).then((verdicts) => submission.tellFormer(verdicts), () => {});
    return submission;
  };
  const decide = async (/** @type {Submission} */ { id, left }) => {
    await submit(id, left);
    // What this browser has kept of these items is in the decision now.
    await Promise.all(left.map(({ index }) => outbox.forget(id, index))).catch(() => {});
  };
  return new Holding({ held, take, read, renew, giveBack, open, submit: decide }, outbox, team);
}
