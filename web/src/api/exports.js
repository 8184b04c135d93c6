// Exports of a job, read as they stream in.

import { ApiProblem, Unreachable } from './client.js';
import { query } from './lists.js';

/** @typedef {'jsonl' | 'coco' | 'supervisely'} Format */
/** @typedef {{ format: Format, isEverything: boolean, isLossy: boolean }} Choice what is not accepted as well; what the format does not take left out */

/** A browser keeps an export until it is whole: larger ones are for the command line. */
export const EXPORT_BYTES_MAX = 1_000_000_000;

/** It is larger than a browser keeps. */
export class TooLarge extends Error {}

/**
 * @param {string} job
 * @param {Choice} choice
 * @param {{ signal: AbortSignal, onProgress: (bytes: number, items: number) => void }} options with the lines of JSON that have
 *   come, which are the items
 * @returns {Promise<{ file: Blob, ending: string }>} with the ending of its name
 */
export async function exportOf(job, { format, isEverything, isLossy }, { signal, onProgress }) {
  const response = await ask(`/v1/jobs/${job}/export?${query({ format, items: isEverything ? 'all' : '', lossy: isLossy ? 'true' : '' })}`, signal);
  if (!response.ok) throw new ApiProblem(response.status, await response.json().catch(() => ({})), null);
  /** @type {BlobPart[]} */
  const parts = [];
  let [bytes, items] = [0, 0];
  for await (const chunk of chunksOf(response, signal)) {
    parts.push(chunk);
    bytes += chunk.length;
    for (const byte of chunk) if (byte === NEWLINE) items += 1;
    if (bytes > EXPORT_BYTES_MAX) throw new TooLarge();
    onProgress(bytes, items);
  }
  const ending = /\.(\w+)"$/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? format;
  return { file: new Blob(parts), ending };
}

const NEWLINE = 10;

/** @param {string} path @param {AbortSignal} signal */
async function ask(path, signal) {
  try {
    return await fetch(path, { headers: { 'Swath-Client': 'console' }, credentials: 'same-origin', signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Unreachable(String(error));
  }
}

/** @param {Response} response @param {AbortSignal} signal */
async function* chunksOf(response, signal) {
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    // The server ends an export that it cannot finish without its end.
    throw new Unreachable(String(error));
  } finally {
    // Nothing more is wanted of one that was too large.
    reader.cancel().catch(() => {});
  }
}
