// What is not on the server yet, in this browser's IndexedDB: by person, lease and item. The database belongs to the
// origin, and so to the server.

/** @typedef {import('../api/types.js').Annotation} Annotation */
/** @typedef {import('../api/types.js').Verdict} Verdict */
/**
 * @typedef {object} Place
 * @property {string} user
 * @property {string} lease or review
 * @property {number} index
 * @property {number} [place] which of the items before the person it is, from 1
 * @property {string} job its title
 * @property {'draft' | 'unsent' | 'refused'} state
 * @property {number | null} revision the saved one that it was made from, 0 where there was none; null for a verdict
 * @property {string} [refusal] what the server said
 */
/** @typedef {Place & { annotation: Annotation, verdict?: undefined }} KeptLabels */
/** A verdict; null where it was taken back. @typedef {Place & { verdict: Verdict | null, annotation?: undefined }} KeptVerdict */
/** @typedef {KeptLabels | KeptVerdict} Kept */

const ITEMS = 'items';

/** @type {Promise<IDBDatabase> | null} */
let opening = null;

/** @returns {Promise<IDBDatabase>} */
function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open('swath', 1);
    request.onupgradeneeded = () => {
      const items = request.result.createObjectStore(ITEMS, { keyPath: ['user', 'lease', 'index'] });
      items.createIndex('lease', ['user', 'lease']);
      items.createIndex('user', 'user');
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

/** @param {(items: IDBObjectStore) => void} act @returns {Promise<void>} once it is on disk */
async function write(act) {
  const transaction = (await database()).transaction(ITEMS, 'readwrite', { durability: 'strict' });
  act(transaction.objectStore(ITEMS));
  // A page that is closed right now does not undo a write that is being committed.
  transaction.commit();
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

/** @param {string} index @param {IDBValidKey} key @returns {Promise<Kept[]>} */
async function read(index, key) {
  const request = (await database()).transaction(ITEMS).objectStore(ITEMS).index(index).getAll(key);
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Keeps all of them or none. @param {Kept[]} all */
export const keepItems = (all) => write((items) => all.forEach((kept) => items.put(kept)));

/** @param {{ user: string, lease: string, index: number }[]} all */
export const forgetItems = (all) => write((items) => all.forEach(({ user, lease, index }) => items.delete([user, lease, index])));

/** @param {string} user @param {string} lease */
export const itemsOfLease = (user, lease) => read('lease', [user, lease]);

/** @param {string} user */
export const itemsOfUser = (user) => read('user', user);
