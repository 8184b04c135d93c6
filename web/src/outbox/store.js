// What is not on the server yet, in this browser's IndexedDB: by person, lease and item. The database belongs to the
// origin, and so to the server.

/** @typedef {import('../api/types.js').Annotation} Annotation */
/** @typedef {import('../api/types.js').Verdict} Verdict */
/**
 * @typedef {object} Place
 * @property {string} user
 * @property {string} lease or review
 * @property {number} index
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

/**
 * @template T
 * @param {string} store
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T>} once it is on disk
 */
async function transact(store, mode, act) {
  const transaction = (await database()).transaction(store, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' });
  const request = act(transaction.objectStore(store));
  // A page that is closed right now does not undo a write that is being committed.
  if (mode === 'readwrite') transaction.commit();
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

/** @param {Kept} kept */
export const keepItem = (kept) => transact(ITEMS, 'readwrite', (store) => store.put(kept));

/** @param {string} user @param {string} lease @param {number} index */
export const forgetItem = (user, lease, index) => transact(ITEMS, 'readwrite', (store) => store.delete([user, lease, index]));

/** @param {string} user @param {string} lease @returns {Promise<Kept[]>} */
export const itemsOfLease = (user, lease) => transact(ITEMS, 'readonly', (store) => store.index('lease').getAll([user, lease]));

/** @param {string} user @returns {Promise<Kept[]>} */
export const itemsOfUser = (user) => transact(ITEMS, 'readonly', (store) => store.index('user').getAll(user));
