// Every text stands in every language, with the same values in it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS } from '../src/keys/bindings.js';
import { readFileSync } from 'node:fs';

/** @param {string} language @returns {Record<string, any>} */
const catalogue = (language) => JSON.parse(readFileSync(new URL(`../src/texts/${language}.json`, import.meta.url), 'utf8'));
const [en, de] = ['en', 'de'].map(catalogue);

/** @param {string | Record<string, string>} entry */
const forms = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry));
/** @param {string} form */
const names = (form) => [...form.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

test('the languages have the same texts', () => {
  assert.deepEqual(Object.keys(de), Object.keys(en));
  for (const [id, entry] of Object.entries(en)) {
    const other = de[id];
    assert.equal(typeof other, typeof entry, id);
    for (const form of [...forms(entry), ...forms(other)]) assert.deepEqual(names(form), names(forms(entry)[0]), id);
  }
});

test('every command has a text', () => {
  for (const command of Object.keys(COMMANDS)) assert.ok(`key.${command}` in en, command);
});
