// Two ways of writing the same annotation are told from two annotations.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSame } from '../src/api/annotations.js';

/** @type {import('../src/api/types.js').Figure} */
const BOX = { class: 'car', shape: 'rectangle', geometry: { x: 1, y: 2, width: 3, height: 4 } };
/** @type {import('../src/api/types.js').Figure} */
const ROOF = { class: 'roof', shape: 'polygon', geometry: { exterior: [[0, 0], [9, 0], [9, 9]] } };

test('what may be left out makes no difference, nor does the order of fields', () => {
  const written = { class: 'car', tags: [], geometry: { height: 4, width: 3, y: 2, x: 1 }, shape: /** @type {const} */ ('rectangle') };
  assert.equal(isSame({ figures: [BOX], tags: [] }, { tags: [], figures: [written] }), true);
  const whole = { ...ROOF, geometry: { exterior: [[0, 0], [9, 0], [9, 9]], interior: [] } };
  assert.equal(isSame({ figures: [ROOF], tags: [] }, { figures: [/** @type {any} */ (whole)], tags: [] }), true);
});

test('another figure, tag, order or skip is another annotation', () => {
  const one = { figures: [BOX, ROOF], tags: [] };
  assert.equal(isSame(one, { figures: [ROOF, BOX], tags: [] }), false);
  assert.equal(isSame(one, { ...one, tags: [{ name: 'dark' }] }), false);
  assert.equal(isSame(one, { ...one, figures: [{ ...BOX, tags: [{ name: 'dark' }] }, ROOF] }), false);
  assert.equal(isSame({ figures: [], tags: [] }, { figures: [], tags: [], skip: { reason: 'dark' } }), false);
  assert.equal(isSame(null, one), false);
});
