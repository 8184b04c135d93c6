// Undo goes back step by step, and a new step forgets what was undone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History } from '../src/picture/history.js';

/** @param {number} number */
const step = (number) => ({ before: new Map([[number, null]]), after: new Map([[number, null]]) });

test('steps are undone and redone in order', () => {
  const history = new History();
  const [first, second] = [step(1), step(2)];
  history.record(first);
  history.record(second);
  assert.equal(history.undo(), second.before);
  assert.equal(history.undo(), first.before);
  assert.equal(history.undo(), null);
  assert.equal(history.redo(), first.after);
  history.record(step(3));
  assert.equal(history.redo(), null);
});
