// A stored picture is shown as it is stored.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upright } from '../src/api/exif.js';

/** The beginning of a JPEG whose EXIF data hold one entry. @param {string} entry in hexadecimal digits @param {'4D4D' | '4949'} order */
function jpeg(entry, order = '4D4D') {
  const [offset, count] = order === '4D4D' ? ['002A00000008', '0001'] : ['2A0008000000', '0100'];
  const exif = `457869660000${order}${offset}${count}${entry}00000000`;
  const length = (exif.length / 2 + 2).toString(16).padStart(4, '0');
  return new Blob([Buffer.from(`FFD8FFE00004000 0FFE1${length}${exif}FFDA0000`.replace(/ /g, ''), 'hex')]);
}

/** @param {Blob} blob */
const hex = async (blob) => Buffer.from(await blob.arrayBuffer()).toString('hex').toUpperCase();

test('the word to turn it is taken back, in either order of bytes', async () => {
  for (const [order, turned, straight] of /** @type {const} */ ([
    ['4D4D', '011200030000000100060000', '011200030000000100010000'],
    ['4949', '120103000100000006000000', '120103000100000001000000'],
  ])) {
    assert.equal(await hex(await upright(jpeg(turned, order))), await hex(jpeg(straight, order)));
  }
});

test('a picture that is not turned, and what is no JPEG or cut off, stays the same', async () => {
  const straight = jpeg('011200030000000100010000');
  assert.equal(await upright(straight), straight);
  for (const blob of [new Blob([]), new Blob(['GIF89a']), straight.slice(0, 20), new Blob([Buffer.from('FFD8FFE1', 'hex')])]) {
    assert.equal(await upright(blob), blob);
  }
});
