// Labelling as a kind of work: how a range is asked for, opened, and handed in.

import { giveBack, held, read, renew, submit, take } from '../api/leases.js';
import { Holding } from '../lease/holding.js';
import { Range } from './range.js';

/** @typedef {import('../outbox/outbox.js').Outbox} Outbox */
/** @typedef {Holding<Range>} Work */
/** @typedef {import('../lease/holding.js').Phase<Range>} Phase */

/** @param {Outbox} outbox @param {string} user @param {string | undefined} team @returns {Work} */
export function workOf(outbox, user, team) {
  const open = (/** @type {import('../api/types.js').Lease} */ lease) => Range.open(lease, outbox, user);
  return new Holding({ held, take, read, renew, giveBack, open, submit: (range) => submit(range.id), path: '/v1/leases' }, outbox, team);
}
