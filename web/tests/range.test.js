// What stands of an item, as the strip shows it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Range, isDone, stateOf } from '../src/work/range.js';

const LABELS = { figures: [], tags: [] };

/** @param {Partial<import('../src/api/types.js').Item>[]} items */
function rangeOf(...items) {
  const lease = { lease_id: 'L', job: { title: 'Job' }, assignment: { items: items.map((item, index) => ({ index, revision: 0, annotation: null, verdict: null, ...item })) } };
  const outbox = Object.assign(new EventTarget(), { send: async () => {}, keepDraft: async () => {} });
  return { range: new Range(/** @type {any} */ (lease), /** @type {any} */ (outbox)), outbox };
}

/** @param {EventTarget} outbox @param {string} name @param {object} detail */
const tell = (outbox, name, detail) => outbox.dispatchEvent(new CustomEvent(name, { detail }));

test('each item says what stands of it', () => {
  const { range } = rangeOf(
    {},
    { revision: 2, annotation: LABELS },
    { revision: 1, annotation: { ...LABELS, skip: { reason: 'dark' } } },
    { annotation: LABELS, verdict: { verdict: 'reject', reason: 'loose', comment: null } },
  );
  assert.deepEqual(range.entries.map(stateOf), ['missing', 'saved', 'skipped', 'sent-back']);
  assert.deepEqual(range.missing, [0, 3]);
});

test('an item is unsent until the server has it, and refused work is not done', async () => {
  const { range, outbox } = rangeOf({}, {});
  await range.save(LABELS);
  assert.equal(stateOf(range.current), 'unsent');
  assert.equal(range.firstOpen(), 1);
  const kept = { lease: 'L', index: 0, annotation: LABELS, refusal: 'no' };
  tell(outbox, 'refused', { kept, isConflict: false });
  assert.equal(isDone(stateOf(range.current)), false);
  await range.save(LABELS);
  tell(outbox, 'sent', { kept, revision: 1, isNewest: true });
  assert.equal(stateOf(range.current), 'saved');
  assert.equal(range.current.revision, 1);
});

test('an answer for another range changes nothing', async () => {
  const { range, outbox } = rangeOf({});
  await range.save(LABELS);
  tell(outbox, 'sent', { kept: { lease: 'M', index: 0, annotation: LABELS }, revision: 1, isNewest: true });
  assert.equal(stateOf(range.current), 'unsent');
});
