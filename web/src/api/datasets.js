// Datasets: listed, looked at, and made from a manifest or a folder.

import { call } from './client.js';
import { query } from './lists.js';
import { sendFile } from './upload.js';
import { manifestOf, sendPictures } from './uploads.js';

/** @typedef {import('./types.js').Dataset} Dataset */
/** @typedef {import('./types.js').DatasetItem} DatasetItem */
/** @template T @typedef {import('./lists.js').PageOf<T>} PageOf */
/** Which datasets of a team; what is empty narrows nothing. @typedef {{ name?: string, state?: string }} Wanted */

const PAGE = 50;

/** The newest first. @param {string} team @param {Wanted} wanted @param {string} after @returns {Promise<PageOf<Dataset>>} */
export function datasets(team, wanted, after) {
  return call('GET', `/v1/datasets?${query({ team, ...wanted, order: 'newest', limit: String(PAGE), after })}`);
}

/** @param {string} id @returns {Promise<Dataset>} */
export function dataset(id) {
  return call('GET', `/v1/datasets/${id}`);
}

/** @param {string} id @param {{ isMissing: boolean, after: string, limit: number }} page @returns {Promise<PageOf<DatasetItem>>} */
export function itemsOf(id, { isMissing, after, limit }) {
  return call('GET', `/v1/datasets/${id}/items?${query({ missing: isMissing ? 'true' : '', limit: String(limit), after })}`);
}

/** What a check of an import says. @typedef {{ count: number, without_size: number, notes?: import('./types.js').ImportNotes }} Trial */

/**
 * Makes a dataset from a manifest, or checks it and keeps nothing.
 * @param {{ team: string, name: string, base: string, isTrial: boolean, file: Blob, type: string }} manifest
 * @param {{ key: string, onProgress: (sent: number) => void, signal: AbortSignal }} options with the bytes that are sent
 * @returns {Promise<Dataset & Trial>}
 */
export function importManifest({ team, name, base, isTrial, file, type }, { key, onProgress, signal }) {
  const path = `/v1/datasets?${query({ team, name, base, dry_run: isTrial ? 'true' : '' })}`;
  return sendFile(path, file, { headers: { 'Content-Type': type, 'Idempotency-Key': key }, onProgress, signal });
}

/**
 * Makes a dataset from pictures, which are sent first, or checks it and keeps nothing but the pictures, for a day.
 * @param {{ team: string, name: string, isTrial: boolean, pictures: import('../manage/datasets/picture-files.js').Picture[] }} source
 * @param {{ key: string, onProgress: (sent: number) => void, signal: AbortSignal }} options with the bytes that are sent
 * @returns {Promise<Dataset & Trial>}
 */
export async function importPictures({ team, name, isTrial, pictures }, { key, onProgress, signal }) {
  const uris = await sendPictures(team, pictures, { onProgress, signal });
  const manifest = { team, name, base: '', isTrial, file: manifestOf(uris), type: 'application/x-ndjson' };
  // The manifest is small beside the pictures, whose progress is shown.
  return importManifest(manifest, { key, onProgress: () => {}, signal });
}

/**
 * Makes a dataset from a folder on the server, or checks it and keeps nothing.
 * @param {{ team: string, name: string, folder: string, isTrial: boolean }} source
 * @param {{ key: string, signal: AbortSignal }} options
 * @returns {Promise<Dataset & Trial>}
 */
export function importFolder({ team, name, folder, isTrial }, { key, signal }) {
  const body = { team, name, source: { folder }, dry_run: isTrial };
  return call('POST', '/v1/datasets', { body, headers: { 'Idempotency-Key': key }, signal });
}
