// One key may do one thing on one page and another on another.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bindings, COMMANDS, PAGES } from '../src/keys/bindings.js';

/** @param {string} key @returns {any} */
const press = (key) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false });

/** A browser's storage. */
function store() {
  const kept = new Map();
  globalThis.localStorage = /** @type {any} */ ({ getItem: (/** @type {string} */ name) => kept.get(name) ?? null, setItem: (/** @type {string} */ name, /** @type {string} */ value) => kept.set(name, value) });
}

test('the page decides what a key does', () => {
  store();
  const bindings = new Bindings('anna');
  assert.equal(bindings.command(press('Enter'), 'work'), 'save');
  assert.equal(bindings.command(press('Enter'), 'review'), 'accept');
  assert.equal(bindings.command(press('s'), 'review'), null);
});

test('a key that is taken on the same page is refused', () => {
  store();
  const bindings = new Bindings('anna');
  assert.equal(bindings.change('accept', 'r'), 'reject');
  assert.equal(bindings.change('accept', '?'), 'help');
  assert.equal(bindings.change('accept', 's'), null);
  assert.equal(bindings.command(press('s'), 'review'), 'accept');
  assert.equal(bindings.command(press('s'), 'work'), 'skip');
  assert.equal(bindings.change('fit', 's'), 'skip');
});

test('no two commands of a page have the same usual key', () => {
  for (const page of [PAGES.work, PAGES.review]) {
    const keys = Object.values({ ...PAGES.common, ...page }).flat();
    assert.equal(new Set(keys).size, keys.length);
  }
  assert.equal(Object.keys(COMMANDS).length, Object.values(PAGES).flatMap(Object.keys).length);
});
