// A figure that was sent back is known for as long as it is what it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FigureSet } from '../src/picture/figure-set.js';

const SIZE = { width: 200, height: 100 };
/** @type {import('../src/api/types.js').Figure} */
const BOX = { class: 'car', shape: 'rectangle', geometry: { x: 10.123, y: 20, width: 30, height: 40 } };

test('a figure is known as the editor writes it, and not once it was changed', () => {
  const set = new FigureSet([BOX], SIZE);
  const written = { ...BOX, geometry: { x: 10.12, y: 20, width: 30, height: 40 } };
  assert.equal(set.has(written), true);
  assert.equal(set.has({ ...written, class: 'bus' }), false);
  assert.equal(set.has({ ...written, tags: [{ name: 'dark' }] }), false);
  assert.equal(set.has({ ...written, geometry: { x: 11, y: 20, width: 30, height: 40 } }), false);
});

test('nothing is known where nothing was sent back', () => {
  assert.equal(new FigureSet([], SIZE).has(BOX), false);
});
