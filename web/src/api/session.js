// Who is signed in. A session is a cookie that scripts cannot read.

import { ApiProblem, call } from './client.js';

/** @returns {Promise<import('./types.js').Me | null>} who is signed in, or null */
export async function current() {
  try {
    return await call('GET', '/v1/me');
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return null;
    throw error;
  }
}

/**
 * @param {{ token: string } | { link: string }} proof
 * @returns {Promise<import('./types.js').Me>}
 */
export async function signIn(proof) {
  return await call('POST', '/v1/session', { body: proof });
}

export async function signOut() {
  await call('DELETE', '/v1/session');
}
