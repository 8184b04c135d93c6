// Pictures from this computer: sent one by one, a few at a time.

import { ApiProblem, passes } from './client.js';
import { query } from './lists.js';
import { sendFile } from './upload.js';

/** @typedef {import('../manage/datasets/picture-files.js').Picture} Picture */

/** Pictures that are sent at the same time. */
const AT_ONCE = 4;
/** How often a picture is sent again when the network or the server is away. */
const TRIES = 5;
const PAUSE_MS = 1_000;
/** Faults that are listed. */
const FAULTS_MAX = 100;

/**
 * Sends pictures. What was sent before is known by its content and costs no room again.
 * @param {string} team
 * @param {Picture[]} pictures
 * @param {{ signal: AbortSignal, onProgress: (sent: number) => void }} options with the bytes that are sent
 * @returns {Promise<string[]>} the address of each as a dataset names it
 * @throws {ApiProblem} with a fault for each picture that is refused
 */
export async function sendPictures(team, pictures, { signal, onProgress }) {
  const uris = /** @type {string[]} */ (new Array(pictures.length));
  const sent = new Array(pictures.length).fill(0);
  /** @type {{ index: number, message: string }[]} */
  const faults = [];
  let next = 0;
  let refused = 0;
  const work = async () => {
    while (next < pictures.length && !signal.aborted) {
      const index = next++;
      const { name, file } = pictures[index];
      const told = (/** @type {number} */ bytes) => {
        sent[index] = Math.min(bytes, file.size);
        onProgress(sent.reduce((sum, bytes) => sum + bytes, 0));
      };
      try {
        uris[index] = await sendPicture(team, name, file, { signal, onProgress: told });
      } catch (error) {
        if (!(error instanceof ApiProblem) || passes(error)) throw error;
        // Where there is no room, and where nothing may be sent at all, no other picture fares better.
        if (error.status !== 422 && error.status !== 415) throw error;
        refused += 1;
        if (faults.length < FAULTS_MAX) faults.push({ index, message: `${name}: ${error.message}` });
      }
      told(file.size);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  signal.throwIfAborted();
  if (refused > 0) {
    faults.sort((one, other) => one.index - other.index);
    throw new ApiProblem(422, { code: 'invalid', detail: faults[0].message, errors: faults, faults: refused }, null);
  }
  return uris;
}

/**
 * @param {string} team @param {string} name @param {File} file
 * @param {{ signal: AbortSignal, onProgress: (sent: number) => void }} options
 */
async function sendPicture(team, name, file, { signal, onProgress }) {
  for (let tries = 1; ; tries += 1) {
    try {
      const headers = { 'Content-Type': 'application/octet-stream' };
      return (await sendFile(`/v1/teams/${team}/files?${query({ name })}`, file, { headers, onProgress, signal })).uri;
    } catch (error) {
      if (!passes(error) || tries === TRIES || signal.aborted) throw error;
      await new Promise((resolve) => { setTimeout(resolve, tries * PAUSE_MS); });
    }
  }
}

/** The manifest of pictures that were sent. @param {string[]} uris */
export function manifestOf(uris) {
  return new Blob(uris.map((uri) => `${JSON.stringify({ uri })}\n`), { type: 'application/x-ndjson' });
}
