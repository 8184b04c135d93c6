// One request to the API: JSON in and out, and what went wrong as a typed error.

/** The server's answer says what is wrong. */
export class ApiProblem extends Error {
  /**
   * @param {number} status
   * @param {Record<string, any>} document a problem document (RFC 9457)
   * @param {number | null} retryAfter seconds
   */
  constructor(status, document, retryAfter) {
    super(document.detail ?? document.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = String(document.code ?? '');
    this.document = document;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed a little later. */
  get passes() {
    return this.status === 429 || this.status >= 500;
  }
}

/** No answer came: the network or the server is away. */
export class Unreachable extends Error {
  get passes() {
    return true;
  }
}

/** @param {unknown} error @param {string} code @returns {error is ApiProblem} */
export function isProblem(error, code) {
  return error instanceof ApiProblem && error.code === code;
}

/** @param {unknown} error */
export function passes(error) {
  return (error instanceof ApiProblem || error instanceof Unreachable) && error.passes;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, headers?: Record<string, string>, signal?: AbortSignal }} [options]
 * @returns {Promise<any>} the answer's document; null where it has none
 */
export async function call(method, path, options = {}) {
  const response = await send(method, path, options);
  const text = await response.text().catch(() => '');
  const document = parse(text);
  if (response.ok) return document;
  const retryAfter = Number(response.headers.get('retry-after')) || null;
  throw new ApiProblem(response.status, document ?? {}, retryAfter);
}

/** @param {string} method @param {string} path @param {{ body?: unknown, headers?: Record<string, string>, signal?: AbortSignal }} options */
async function send(method, path, { body, headers, signal }) {
  // No foreign page can send this header, so the cookie alone changes nothing.
  const client = { 'Swath-Client': 'console' };
  /** @type {Record<string, string>} */
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const init = {
    method,
    headers: { ...client, ...type, ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: /** @type {const} */ ('same-origin'),
    signal,
  };
  try {
    return await fetch(path, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable(String(error));
  }
}

/** @param {string} text */
function parse(text) {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
