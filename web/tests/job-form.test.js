// What the form of a job becomes, and what stays of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesOf, editOf } from '../src/manage/job/edit.js';
import { tally } from '../src/manage/job/tally.js';
import { reasonsIn } from '../src/manage/new-job/reasons.js';
import { draftOf, emptyDraft, localOf, moment, requestOf } from '../src/manage/new-job/draft.js';

/** A request as it is sent. @param {any} draft */
const sent = (draft) => JSON.parse(JSON.stringify(requestOf({ ...emptyDraft(), ...draft })));

test('a draft becomes a request that says no more than was filled in', () => {
  assert.deepEqual(sent({ dataset: { id: 'd', name: 'Streets' }, title: 'Cars', classes: [{ name: 'car', shape: 'rectangle' }] }), {
    dataset: 'd', title: 'Cars', classes: [{ name: 'car', shape: 'rectangle' }], tags: [], limits: {}, range_size: 50, slots: 1, review: { rule: 'all' },
    lease_seconds: 1800, rounds: 5, priority: 'normal',
  });
  const whole = sent({
    tags: [{ name: 'light', values: 'day\n night \n\n' }, { name: 'blurred', values: '' }], figures: '3', rule: 'sample', percent: '15',
    lease_minutes: '0.5', due: '2030-01-31T18:00', annotators: [{ id: 'a', name: 'Anna' }],
  });
  assert.deepEqual(whole.tags, [{ name: 'light', values: ['day', 'night'] }, { name: 'blurred' }]);
  assert.deepEqual([whole.limits, whole.review, whole.lease_seconds, whole.annotators], [{ figures: 3 }, { rule: 'sample', percent: 15 }, 30, ['a']]);
  assert.equal(new Date(whole.due_date).getTime(), new Date(2030, 0, 31, 18).getTime());
});

test('what is no number goes to the server as it is', () => {
  const { range_size: size, lease_seconds: lease, rounds } = sent({ range_size: 'many', lease_minutes: 'long', rounds: ' ' });
  assert.deepEqual([size, lease, rounds], ['many', 'long', undefined]);
});

test('a time goes into a field and comes back', () => {
  assert.equal(moment(localOf('2030-01-31T18:30:00Z')), '2030-01-31T18:30:00.000Z');
  assert.deepEqual([moment(''), localOf(null)], [null, '']);
});

test('a draft that was kept is read, whatever an earlier version has kept', () => {
  const draft = { ...emptyDraft(), title: 'Cars', dataset: { id: 'd', name: 'Streets' } };
  assert.deepEqual(draftOf(JSON.stringify(draft)), draft);
  assert.deepEqual(draftOf('{"title": 7, "classes": "car", "rounds": "3", "old": true}'), { ...emptyDraft(), rounds: '3' });
  for (const broken of [null, '', '{', '[]', 'null']) assert.deepEqual(draftOf(broken), emptyDraft());
});

test('of the settings only what was changed is sent', () => {
  const job = /** @type {any} */ ({
    title: 'Cars', description: null, instructions: 'All of them', due_date: '2030-01-31T18:00:00Z', priority: 'high', annotators: ['a'], reviewers: null,
    reasons: [{ code: 'r1', title: 'Loose' }],
    people: [{ id: 'a', name: 'Anna' }],
  });
  const before = editOf(job);
  assert.deepEqual(before.annotators, [{ id: 'a', name: 'Anna' }]);
  assert.deepEqual(changesOf(before, { ...before }), {});
  assert.deepEqual(changesOf(before, { ...before, reasons: 'Loose\nMissing' }), { reasons: [{ code: 'r1', title: 'Loose' }, { code: 'missing', title: 'Missing' }] });
  const after = { ...before, title: 'Vans', instructions: '', due: '', annotators: [], reviewers: [{ id: 'r', name: 'Rosa' }] };
  assert.deepEqual(changesOf(before, after), { title: 'Vans', instructions: null, due_date: null, annotators: null, reviewers: ['r'] });
});

test('reasons have codes of their own, and known ones keep theirs', () => {
  const known = [{ code: 'too-loose', title: 'Zu weit' }];
  assert.deepEqual(reasonsIn('Too loose!\n\n Zu weit\nZu weit\nFigur fehlt – hier\n漏れ\n欠け', known).map(({ code }) => code), ['too-loose-2', 'too-loose', 'figur-fehlt-hier', 'reason', 'reason-2']);
  assert.ok(reasonsIn('x'.repeat(300))[0].code.length <= 60);
});

test('assignments count for who holds them or whose work they are, and by round', () => {
  const row = (/** @type {any} */ more) => ({ round: 1, status: 'PENDING', holder: null, holder_name: null, author: null, author_name: null, ...more });
  const anna = { author: 'a', author_name: 'Anna' };
  const { people, rounds } = tally([
    row({}),
    row({ status: 'IN_REVIEW', holder: 'r', holder_name: 'Rosa', ...anna }),
    row({ status: 'ACCEPTED', ...anna }),
    row({ status: 'ACCEPTED', ...anna }),
    row({ status: 'IN_PROGRESS', holder: 'a', holder_name: 'Anna', round: 2 }),
    // A lease that has expired stands on its row.
    row({ holder: 'r', holder_name: 'Rosa', round: 2 }),
  ]);
  assert.deepEqual(people, [{ id: 'a', name: 'Anna', counts: { ACCEPTED: 2, IN_PROGRESS: 1 } }, { id: 'r', name: 'Rosa', counts: { IN_REVIEW: 1 } }]);
  assert.deepEqual(rounds, [
    { round: 1, counts: { PENDING: 1, IN_REVIEW: 1, ACCEPTED: 2 } },
    { round: 2, counts: { IN_PROGRESS: 1, PENDING: 1 } },
  ]);
});
