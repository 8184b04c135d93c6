// What the browser knows of a picture that it has shown, or could not show. Nobody waits for it, and nothing is lost with it.

import { call } from './client.js';

/** Pictures that were told of, so that each is told of once. @type {Set<string>} */
const told = new Set();
const TOLD_MOST = 5_000;

/**
 * @param {string} holding the path of the lease or the review
 * @param {import('./types.js').Item} item
 * @param {{ width: number, height: number } | null} size none of a picture that could not be loaded
 */
export function report(holding, item, size) {
  const isKnown = item.width !== null && !item.size_is_provisional;
  if (size !== null && isKnown) return;
  const path = `${holding}/items/${item.index}/picture`;
  const key = `${path} ${size === null}`;
  if (told.has(key)) return;
  if (told.size >= TOLD_MOST) told.clear();
  told.add(key);
  call('PUT', path, { body: size ?? { missing: true } }).catch(() => told.delete(key));
}
