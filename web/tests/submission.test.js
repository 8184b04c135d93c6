// What a reviewer decided, took back, and has still to decide.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCEPT, Submission, stateOf } from '../src/review/submission.js';

/** @type {import('../src/api/types.js').Verdict} */
const REJECT = { verdict: 'reject', reason: 'loose', comment: null };

/** A submission whose items have these verdicts, and an outbox that keeps what it is given. @param {(import('../src/api/types.js').Verdict | null)[]} verdicts */
function submissionOf(...verdicts) {
  const items = verdicts.map((verdict, index) => ({ index, annotation: null, verdict }));
  const lease = /** @type {any} */ ({ lease_id: 'R', job: { title: 'Job' }, assignment: { items } });
  /** @type {string[]} */
  const calls = [];
  const note = (/** @type {string} */ name) => async (/** @type {any[]} */ ...places) => void calls.push(`${name} ${places.map(({ index }) => index)}`);
  const outbox = Object.assign(new EventTarget(), { send: note('send'), takeBack: note('takeBack'), forget: note('forget'), takenOf: () => outbox.taken, taken: /** @type {any[]} */ ([]) });
  return { submission: new Submission(lease, /** @type {any} */ (outbox)), lease, outbox, calls };
}

/** @param {EventTarget} outbox @param {string} name @param {number} index @param {object} more */
function tell(outbox, name, index, more) {
  outbox.dispatchEvent(new CustomEvent(name, { detail: { kept: { lease: 'R', index, ...more }, isNewest: true } }));
}

test('a submission knows what is decided, and where to go on', () => {
  const { submission } = submissionOf(ACCEPT, null, REJECT, null);
  assert.deepEqual(submission.entries.map(stateOf), ['accepted', 'open', 'rejected', 'open']);
  assert.deepEqual(submission.missing, [1, 3]);
  submission.go(1);
  submission.decide(REJECT);
  assert.equal(submission.firstOpen(), 3);
  assert.equal(submission.rejected, 2);
});

test('an undone verdict that the server has is remembered as taken back', () => {
  const { submission, outbox, calls } = submissionOf(null, null);
  submission.decide(ACCEPT);
  tell(outbox, 'sent', 0, { verdict: ACCEPT });
  submission.go(1);
  assert.equal(submission.undo(), true);
  assert.equal(submission.at, 0);
  assert.deepEqual(calls, ['send 0', 'takeBack 0']);
  assert.deepEqual(submission.missing, [0, 1]);
  submission.redo();
  assert.deepEqual(calls, ['send 0', 'takeBack 0', 'send 0']);
  assert.equal(submission.undo(), true);
  assert.equal(submission.undo(), false);
});

test('the rest is accepted and sent as one, and one step takes it back', () => {
  const { submission, outbox, calls } = submissionOf(REJECT, null, null);
  submission.acceptRest();
  assert.deepEqual(submission.missing, []);
  assert.equal(submission.left.length, 2);
  tell(outbox, 'sent', 1, { verdict: ACCEPT });
  assert.deepEqual(submission.left.map(({ index, verdict }) => [index, verdict]), [[2, 'accept']]);
  submission.undo();
  assert.deepEqual(calls, ['send 1,2', 'takeBack 1,2']);
  assert.deepEqual(submission.missing, [1, 2]);
  assert.deepEqual(submission.left, []);
});

test('a verdict that the server refused decides nothing', () => {
  const { submission, outbox } = submissionOf(null);
  submission.decide(ACCEPT);
  assert.equal(submission.current.isUnsent, true);
  tell(outbox, 'refused', 0, { refusal: 'no' });
  assert.deepEqual(submission.missing, [0]);
  submission.decide(ACCEPT);
  assert.deepEqual(submission.missing, []);
});

test('a verdict that the server took while the submission was being read is decided', async () => {
  const { lease, outbox } = submissionOf(null, ACCEPT);
  outbox.taken = [0, 1].map((index) => ({ kept: { lease: 'R', index, verdict: REJECT }, revision: 0, isNewest: true }));
  const submission = await Submission.open(lease, /** @type {any} */ (outbox), 'U');
  assert.deepEqual(submission.entries.map(stateOf), ['rejected', 'accepted']);
});
