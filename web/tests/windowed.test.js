// Only the cells in sight are in the page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROW_PX, inSight, scrollTo } from '../src/review/windowed.js';

test('of a long grid only the rows in sight and one more on each side are drawn', () => {
  const seen = inSight({ count: 1000, width: 240, height: 5 * ROW_PX, top: 100 * ROW_PX });
  assert.equal(seen.columns, 2);
  assert.equal(seen.rows, 500);
  assert.deepEqual([seen.from, seen.to], [198, 212]);
});

test('a short grid is drawn as a whole, and one that has no size yet does not fail', () => {
  assert.deepEqual(inSight({ count: 3, width: 240, height: 500, top: 0 }), { columns: 2, rows: 2, from: 0, to: 3 });
  assert.equal(inSight({ count: 3, width: 0, height: 0, top: 0 }).columns, 1);
});

test('the grid scrolls no further than it must', () => {
  const seen = { height: 5 * ROW_PX, top: 10 * ROW_PX };
  assert.equal(scrollTo(24, 2, seen), 10 * ROW_PX);
  assert.equal(scrollTo(4, 2, seen), ROW_PX);
  assert.equal(scrollTo(0, 2, seen), 0);
  assert.equal(scrollTo(28, 2, seen), 11 * ROW_PX);
});
