// Pictures chosen in the browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameFromFolder, picturesOf } from '../src/manage/datasets/picture-files.js';

/** @param {string} path @returns {any} */
const inFolder = (path) => ({ name: path.split('/').at(-1), webkitRelativePath: path, size: 1 });

test('pictures come in the order in which people count, under their paths in the folder', () => {
  const files = ['shots/b/10.png', 'shots/b/2.PNG', 'shots/a.jpg', 'shots/notes.txt', 'shots/.hidden/1.png', 'shots/.DS_Store'].map(inFolder);
  const { pictures, passedBy } = picturesOf(files);
  assert.deepEqual(pictures.map(({ name }) => name), ['a.jpg', 'b/2.PNG', 'b/10.png']);
  assert.equal(passedBy, 3);
  assert.equal(nameFromFolder(files), 'shots');
});

test('single files keep their names', () => {
  const { pictures } = picturesOf([/** @type {any} */ ({ name: 'x.webp', webkitRelativePath: '', size: 1 })]);
  assert.deepEqual(pictures.map(({ name }) => name), ['x.webp']);
  assert.equal(nameFromFolder([]), '');
});
