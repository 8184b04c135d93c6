// Addresses of the manager's pages, names of items and files, and faults beside their fields.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiProblem } from '../src/api/client.js';
import { nameFromFile, typeOfManifest } from '../src/manage/datasets/manifest-file.js';
import { fileName } from '../src/manage/job/file-name.js';
import { addressOfDataset, addressOfJob, addressOfPeople, placeOf } from '../src/manage/place.js';
import { faultsAt, faultsElsewhere, faultsOf } from '../src/manage/parts/faults.js';
import { nameOfItem } from '../src/manage/parts/item-name.js';

/** @param {string} address */
const at = (address) => placeOf(address.slice(address.indexOf('?')));

test('an address leads to the page that made it', () => {
  const wanted = { status: 'PENDING', holder: '', author: 'anna & co', round: '2', range: '7', order: 'next' };
  assert.deepEqual(at(addressOfJob('j', wanted)), { kind: 'job', id: 'j', wanted });
  assert.equal(addressOfJob('j'), '/manage?job=j');
  assert.deepEqual(at(addressOfDataset('d', true)), { kind: 'dataset', id: 'd', isMissing: true });
  assert.deepEqual(at(addressOfPeople('Anna & Ben')), { kind: 'people', name: 'Anna & Ben' });
  assert.deepEqual([placeOf(''), placeOf('?datasets'), placeOf('?datasets=new'), placeOf('?new&dataset=d')].map(({ kind }) => kind), ['jobs', 'datasets', 'new-dataset', 'new']);
});

test('an item is called by the last step of its URI', () => {
  const names = {
    's3://bucket/streets/1%20a.jpg': '1 a.jpg',
    'https://example.org/a/b.png?size=1#top': 'b.png',
    'streets/100%.jpg': '100%.jpg',
    'data:image/png;base64,iVBORw0': 'data:image/png',
    plain: 'plain',
  };
  for (const [uri, name] of Object.entries(names)) assert.equal(nameOfItem(uri), name);
});

test('a manifest is known by the ending of its file', () => {
  assert.deepEqual(['a.jsonl', 'A.NDJSON', 'b.c.csv', 'c.txt', 'csv', ''].map(typeOfManifest), ['application/x-ndjson', 'application/x-ndjson', 'text/csv', null, null, null]);
  assert.equal(nameFromFile('night.streets.csv'), 'night.streets');
});

test('faults stand beside the fields that they name', () => {
  const faults = faultsOf(new ApiProblem(422, { errors: [{ field: 'classes[1].name', message: 'is empty' }, { field: 'classes', message: 'no' }, { field: 'slot', message: 'x' }, { message: 'all' }] }, null));
  assert.deepEqual(faultsAt(faults, 'classes[1]').map(({ message }) => message), ['is empty']);
  assert.deepEqual(faultsAt(faults, 'slots'), []);
  assert.deepEqual(faultsElsewhere(faults, ['classes']).map(({ message }) => message), ['x', 'all']);
  assert.deepEqual([faultsOf(new Error('away')), faultsOf(new ApiProblem(500, {}, null))], [[], []]);
});

test('an export is called by the title of its job', () => {
  const names = { 'Cars & vans': 'Cars & vans.jsonl', 'a/b\\c: "d"\n': 'a b c d.jsonl', '..': 'swath.jsonl', 'Straße': 'Straße.jsonl' };
  for (const [title, name] of Object.entries(names)) assert.equal(fileName(title, 'jsonl'), name);
});
