// A job's reasons are codes in a verdict and titles for people.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonTitle, why } from '../src/lease/reasons.js';

/** @type {any} */
const JOB = { reasons: [{ code: 'loose', title: 'The box is too loose' }] };

test('a code is shown by its title, and words as they are', () => {
  assert.equal(reasonTitle(JOB, 'loose'), 'The box is too loose');
  assert.equal(reasonTitle(JOB, 'gone since'), 'gone since');
  assert.equal(reasonTitle(/** @type {any} */ ({}), 'loose'), 'loose');
});

test('a reason and a comment stand together, and neither is needed', () => {
  assert.equal(why(JOB, { verdict: 'reject', reason: 'loose', comment: 'at the left' }), 'The box is too loose – at the left');
  assert.equal(why(JOB, { verdict: 'reject', reason: null, comment: null }), '');
});
