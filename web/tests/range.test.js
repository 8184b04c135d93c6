// What stands of an item, as the strip shows it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Range, isDone, stateOf } from '../src/work/range.js';

const LABELS = { figures: [], tags: [] };

/** @param {Partial<import('../src/api/types.js').Item>[]} items */
function rangeOf(...items) {
  const lease = /** @type {any} */ ({ lease_id: 'L', job: { title: 'Job' }, assignment: { items: items.map((item, index) => ({ index, revision: 0, annotation: null, verdict: null, ...item })) } });
  const outbox = Object.assign(new EventTarget(), { send: async (/** @type {any} */ sent) => void outbox.sent.push(sent), keepDraft: async () => {}, forget: async () => {}, takenOf: () => outbox.taken, sent: /** @type {any[]} */ ([]), taken: /** @type {any[]} */ ([]) });
  return { range: new Range(lease, /** @type {any} */ (outbox)), lease, outbox };
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
  tell(outbox, 'refused', { kept, theirs: null });
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

test('a save names the revision that it replaces, and the first one that there is none', async () => {
  const { range, outbox } = rangeOf({}, { revision: 3, annotation: LABELS });
  await range.save(LABELS);
  range.go(1);
  await range.save(LABELS);
  assert.deepEqual(outbox.sent.map(({ revision }) => revision), [0, 3]);
});

test('what was saved elsewhere is replaced only once the person has chosen', async () => {
  const { range, outbox } = rangeOf({});
  const theirs = { annotation: { ...LABELS, tags: [{ name: 'dark' }] }, revision: 4 };
  await range.save(LABELS);
  tell(outbox, 'refused', { kept: { lease: 'L', index: 0, annotation: LABELS, refusal: 'the saved revision is 4' }, theirs });
  assert.equal(range.current.theirs, theirs);
  assert.equal(range.current.revision, 0);
  assert.deepEqual(range.missing, [0]);
  range.keepOwn();
  await range.save(LABELS);
  assert.deepEqual(outbox.sent.map(({ revision }) => revision), [0, 4]);
});

test('what was saved elsewhere can be loaded in the place of the own', async () => {
  const { range, outbox } = rangeOf({});
  const theirs = { annotation: { ...LABELS, tags: [{ name: 'dark' }] }, revision: 4 };
  await range.save(LABELS);
  tell(outbox, 'refused', { kept: { lease: 'L', index: 0, annotation: LABELS, refusal: 'no' }, theirs });
  range.loadTheirs();
  assert.equal(stateOf(range.current), 'saved');
  assert.equal(range.annotation(range.current), theirs.annotation);
  assert.equal(range.current.revision, 4);
});

test('what the server took while the lease was being read is saved, and what it took before something newer is not', async () => {
  const { lease, outbox } = rangeOf({}, { revision: 3, annotation: LABELS });
  const kept = { lease: 'L', annotation: { ...LABELS, skip: { reason: 'dark' } } };
  outbox.taken = [{ kept: { ...kept, index: 0 }, revision: 1, isNewest: true }, { kept: { ...kept, index: 1 }, revision: 2, isNewest: true }];
  const range = await Range.open(lease, /** @type {any} */ (outbox), 'U');
  assert.deepEqual(range.entries.map(stateOf), ['skipped', 'saved']);
  assert.deepEqual(range.entries.map(({ revision }) => revision), [1, 3]);
});
