// A file sent to the API. `fetch` says nothing of how much has been sent, so that an older interface of browsers is used.

import { ApiProblem, Unreachable } from './client.js';

/**
 * @param {string} path
 * @param {Blob} file
 * @param {{ headers: Record<string, string>, onProgress: (sent: number) => void, signal: AbortSignal }} options
 * @returns {Promise<any>} the answer's document
 */
export function sendFile(path, file, { headers, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    // No foreign page can send this header, so the cookie alone changes nothing.
    for (const [name, value] of Object.entries({ 'Swath-Client': 'console', ...headers })) request.setRequestHeader(name, value);
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onload = () => {
      const { status, response } = request;
      if (status >= 200 && status < 300) return resolve(response);
      reject(new ApiProblem(status, response ?? {}, Number(request.getResponseHeader('retry-after')) || null));
    };
    request.onerror = () => reject(new Unreachable(path));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}
