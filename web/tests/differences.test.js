// What two opinions on one picture agree on, and what they do not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXACT, HANDS, differences } from '../src/review/differences.js';

/** @typedef {import('../src/api/types.js').Figure} Figure */

/** @param {number} x @param {number} y @param {number} width @param {number} height @returns {Figure} */
const box = (x, y, width, height) => ({ class: 'car', shape: 'rectangle', geometry: { x, y, width, height } });
/** @param {[number, number][]} exterior @returns {Figure} */
const roof = (...exterior) => ({ class: 'roof', shape: 'polygon', geometry: { exterior } });

test('boxes of two hands agree when their sides nearly do, each with one box at most', () => {
  const ones = [box(10, 10, 100, 50), box(300, 10, 100, 50), box(10, 300, 20, 20)];
  const others = [box(302, 8, 99, 53), box(12, 12, 97, 50), box(30, 300, 20, 20), box(11, 11, 99, 50)];
  assert.deepEqual(differences(ones, others, HANDS), { ones: [2], others: [2, 3] });
});

test('between two rounds of one hand every move counts', () => {
  const former = [box(10, 10, 100, 50), box(300, 10, 100, 50)];
  const now = [box(10, 10, 100, 50), box(301, 10, 100, 50)];
  assert.deepEqual(differences(now, former, EXACT), { ones: [1], others: [1] });
});

test('an outline with other corners on the same lines is the same, and one that bulges is not', () => {
  const square = roof([0, 0], [100, 0], [100, 100], [0, 100]);
  const more = roof([100, 0], [100, 100], [0, 100], [0, 50], [0, 0], [50, 0]);
  const dented = roof([0, 0], [50, 30], [100, 0], [100, 100], [0, 100]);
  assert.deepEqual(differences([square], [more], HANDS), { ones: [], others: [] });
  assert.deepEqual(differences([square], [dented], HANDS), { ones: [0], others: [0] });
});

test('class, tags and holes count', () => {
  const [one, other] = [box(0, 0, 9, 9), { ...box(0, 0, 9, 9), class: 'bus' }];
  assert.deepEqual(differences([one], [other], HANDS), { ones: [0], others: [0] });
  assert.deepEqual(differences([one], [{ ...one, tags: [{ name: 'dark' }] }], HANDS), { ones: [0], others: [0] });
  const whole = roof([0, 0], [90, 0], [90, 90]);
  /** @type {Figure} */
  const holed = { ...whole, geometry: { exterior: [[0, 0], [90, 0], [90, 90]], interior: [[[60, 20], [80, 20], [80, 40]]] } };
  assert.deepEqual(differences([whole], [holed], HANDS), { ones: [0], others: [0] });
});
