// The map of a job.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closer, isClosest, rangesOf, sharesOf } from '../src/manage/map/stretches.js';

const map = { ranges: 1000, range_size: 50, opinions: 1, from: 100, to: 895, width: 16, buckets: [] };

test('a stretch spans its ranges, and the last one fewer', () => {
  assert.deepEqual(rangesOf(map, 0), [100, 116]);
  assert.deepEqual(rangesOf(map, 49), [884, 895]);
});

test('who looks closer sees the stretch and what is around it, within the job', () => {
  assert.deepEqual(closer(map, 3), [116, 196]);
  assert.deepEqual(closer({ ...map, from: 0 }, 0), [0, 48]);
  assert.deepEqual(closer({ ...map, to: 1000 }, 56), [964, 1000]);
  assert.ok(!isClosest(map) && isClosest({ ...map, width: 1 }));
});

test('what is finished stands first, and what is not there is left out', () => {
  const shares = sharesOf({ waiting: 50, accepted: 25, rework: 25 });
  assert.deepEqual(shares.map(({ state }) => state), ['accepted', 'rework', 'waiting']);
  assert.deepEqual(shares.map(({ share }) => share), [0.25, 0.25, 0.5]);
  assert.deepEqual(sharesOf({}), []);
});
