// Figures keep their places on the way into the editor and back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxBetween, figureGeometry, geometryOf, keepInside, moveInside } from '../src/picture/geometry.js';

const SIZE = { width: 200, height: 100 };

/** @type {import('../src/api/types.js').Figure[]} */
const FIGURES = [
  { class: 'car', shape: 'rectangle', geometry: { x: 10.25, y: 20, width: 30, height: 40.5 } },
  { class: 'house', shape: 'polygon', geometry: { exterior: [[0, 0], [50, 0], [50, 50]], interior: [[[20, 5], [40, 5], [40, 20]]] } },
  { class: 'lane', shape: 'polyline', geometry: { points: [[1, 99], [100, 50], [200, 100]] } },
  { class: 'door', shape: 'point', geometry: { points: [[7, 8], [9, 10]] } },
];

for (const figure of FIGURES) {
  test(`a ${figure.shape} comes back as it was`, () => {
    assert.deepEqual(figureGeometry(figure.shape, geometryOf(figure, SIZE), SIZE), figure.geometry);
  });
}

test('a figure is moved up to the edge and not beyond', () => {
  const geometry = geometryOf(FIGURES[0], SIZE);
  moveInside(geometry, -500, -500, SIZE);
  assert.deepEqual(figureGeometry('rectangle', geometry, SIZE), { x: 0, y: 59.5, width: 30, height: 40.5 });
});

test('what was drawn beyond the edge is brought back', () => {
  const geometry = geometryOf({ class: 'lane', shape: 'polyline', geometry: { points: [[-5, 50], [250, 120]] } }, SIZE);
  keepInside(geometry, SIZE);
  assert.deepEqual(figureGeometry('polyline', geometry, SIZE), { points: [[0, 50], [200, 100]] });
});

test('a box has a side of a pixel or more, also at the edge', () => {
  assert.deepEqual(boxBetween([200, 100], [200, 100], SIZE), [199, 99, 200, 100]);
  assert.deepEqual(boxBetween([30, 40], [10, 60], SIZE), [10, 40, 30, 60]);
});

test('a box at the far edge does not end beyond it when it is rounded', () => {
  const geometry = geometryOf({ class: 'car', shape: 'rectangle', geometry: { x: 10.125, y: 20.125, width: 189.875, height: 79.875 } }, SIZE);
  assert.deepEqual(figureGeometry('rectangle', geometry, SIZE), { x: 10.13, y: 20.13, width: 189.87, height: 79.87 });
});
