// Corners are moved and taken away one by one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cornersOf, moveCorner, removeCorner } from '../src/picture/corners.js';
import { geometryOf } from '../src/picture/geometry.js';

const SIZE = { width: 100, height: 100 };
const ring = () => geometryOf({ class: 'a', shape: 'polygon', geometry: { exterior: [[0, 0], [50, 0], [50, 50]], interior: [[[20, 5], [40, 5], [40, 20], [30, 20]]] } }, SIZE);

test('a corner of a hole is moved, up to the edge of the picture', () => {
  const geometry = ring();
  moveCorner(geometry, 3, 500, 0, SIZE);
  assert.deepEqual(cornersOf(geometry)[3], [100, 95]);
  assert.equal(cornersOf(geometry).length, 7);
});

test('the first corner closes its ring wherever it goes', () => {
  const geometry = ring();
  moveCorner(geometry, 0, 10, -10, SIZE);
  const [exterior] = /** @type {number[][][]} */ (geometry.getCoordinates());
  assert.deepEqual(exterior[0], [10, 90]);
  assert.deepEqual(exterior.at(-1), exterior[0]);
});

test('a ring keeps three corners', () => {
  const geometry = ring();
  assert.equal(removeCorner(geometry, 0), false);
  assert.equal(removeCorner(geometry, 4), true);
  assert.equal(cornersOf(geometry).length, 6);
});
