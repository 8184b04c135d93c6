import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finished, parts, total } from '../src/manage/states.js';
import { byUrgency, isOverdue, lag } from '../src/manage/urgency.js';

const NONE = { pending: 0, in_progress: 0, completed: 0, in_review: 0, accepted: 0, skipped: 0, cancelled: 0 };

test('a strip is as wide as its items, and what is there is seen', () => {
  const shown = parts({ ...NONE, pending: 999_999, accepted: 1 });
  assert.deepEqual(shown.map(({ state }) => state), ['accepted', 'pending']);
  assert.ok(shown[0].share > 0.009 && Math.abs(shown[0].share + shown[1].share - 1) < 1e-9);
  assert.deepEqual(parts(NONE), []);
  assert.equal(total({ ...NONE, pending: 2, skipped: 1 }), 3);
  assert.equal(finished({ ...NONE, accepted: 2, skipped: 1, cancelled: 1, in_review: 5 }), 4);
});

test('what is overdue comes first, then what is urgent, and what is finished last', () => {
  const now = new Date('2026-11-27T12:00:00Z');
  const job = (title, more) => ({ title, status: 'active', priority: 'normal', due_date: null, created_at: '2026-11-01T00:00:00Z', progress: { ...NONE, pending: 1, accepted: 9 }, ...more });
  const jobs = [
    job('old', { status: 'done' }),
    job('young', { status: 'done', created_at: '2026-11-20T00:00:00Z', due_date: '2026-11-02T00:00:00Z' }),
    job('plain', {}),
    job('soon', { due_date: '2026-11-28T00:00:00Z', progress: { ...NONE, pending: 1, accepted: 99 } }),
    job('behind', { due_date: '2026-11-30T00:00:00Z', progress: { ...NONE, pending: 8, accepted: 2 } }),
    job('blocker', { priority: 'release_blocker' }),
    job('late', { priority: 'low', due_date: '2026-11-27T11:59:59Z' }),
    job('paused', { status: 'paused', priority: 'high' }),
  ];
  assert.deepEqual(byUrgency(jobs, now).map(({ title }) => title), ['late', 'behind', 'blocker', 'paused', 'soon', 'plain', 'young', 'old']);
  assert.deepEqual(jobs.filter((one) => isOverdue(one, now)).map(({ title }) => title), ['late']);
});

test('a job lags behind when less of its work is finished than of its time is gone', () => {
  const job = { status: 'active', created_at: '2026-11-01T00:00:00Z', due_date: '2026-11-11T00:00:00Z', progress: { ...NONE, pending: 3, accepted: 1 } };
  const on = (day) => new Date(`2026-11-${day}T00:00:00Z`);
  assert.deepEqual(lag(job, on('06')), { finished: 0.25, passed: 0.5 });
  assert.equal(lag(job, on('03')), null, 'it is ahead');
  assert.equal(lag({ ...job, progress: { ...NONE, pending: 4 } }, new Date('2026-11-01T12:00:00Z')), null, 'it has just begun');
  assert.equal(lag(job, on('12')), null, 'it is overdue');
  assert.equal(lag({ ...job, due_date: null }, on('06')), null);
  assert.equal(lag({ ...job, status: 'done' }, on('06')), null);
});
