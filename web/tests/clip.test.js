// Figures that are taken to a smaller picture.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clipAll } from '../src/picture/clip.js';

const SIZE = { width: 100, height: 50 };

/** @param {import('../src/api/types.js').Shape} shape @param {any} geometry @returns {import('../src/api/types.js').Figure} */
const figure = (shape, geometry) => ({ class: 'thing', shape, geometry });

test('what lies inside stays as it is', () => {
  const figures = [
    figure('rectangle', { x: 0, y: 0, width: 100, height: 50 }),
    figure('polygon', { exterior: [[0, 0], [100, 0], [100, 50]], interior: [] }),
    figure('polyline', { points: [[0, 0], [100, 50]] }),
  ];
  const { figures: left, cut, dropped } = clipAll(figures, SIZE);
  assert.deepEqual([cut, dropped], [0, 0]);
  left.forEach((one, at) => assert.equal(one, figures[at]));
});

test('a box and an outline are cut at the edge, with their tags', () => {
  const tagged = { ...figure('rectangle', { x: 80, y: 40, width: 40, height: 40 }), tags: [{ name: 'blurred', value: null }] };
  const outline = figure('polygon', { exterior: [[80, 10], [120, 10], [120, 30], [80, 30]], interior: [[[110, 12], [115, 12], [115, 20]], [[90, 12], [110, 12], [110, 20], [90, 20]]] });
  const { figures: [box, polygon], cut, dropped } = clipAll([tagged, outline], SIZE);
  assert.deepEqual([cut, dropped], [2, 0]);
  assert.deepEqual(box, { ...tagged, geometry: { x: 80, y: 40, width: 20, height: 10 } });
  assert.deepEqual(polygon.geometry, { exterior: [[80, 10], [100, 10], [100, 30], [80, 30]], interior: [[[90, 12], [100, 12], [100, 20], [90, 20]]] });
});

test('what lies outside is left out, as is a line that leads there', () => {
  const { figures, cut, dropped } = clipAll([
    figure('rectangle', { x: 100, y: 0, width: 20, height: 20 }),
    figure('polygon', { exterior: [[120, 0], [140, 0], [140, 20]], interior: [] }),
    figure('polyline', { points: [[10, 10], [120, 10]] }),
    figure('point', { points: [[120, 10]] }),
    figure('point', { points: [[20, 10], [120, 10]] }),
  ], SIZE);
  assert.deepEqual([cut, dropped], [1, 4]);
  assert.deepEqual(figures[0].geometry, { points: [[20, 10]] });
});
