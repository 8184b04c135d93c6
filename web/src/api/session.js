// Who is signed in. A session is a cookie that scripts cannot read. A server without `/v1/session` gets the token itself
// with each request; it is kept for this tab alone.

import { ApiProblem, call } from './client.js';

const TOKEN = 'swath.token';

/** @returns {Record<string, string>} */
export function bearerHeader() {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** @returns {Promise<import('./types.js').Me | null>} who is signed in, or null */
export async function current() {
  try {
    return await call('GET', '/v1/me');
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) {
      sessionStorage.removeItem(TOKEN);
      return null;
    }
    throw error;
  }
}

/**
 * @param {{ token: string } | { link: string }} proof
 * @returns {Promise<import('./types.js').Me>}
 */
export async function signIn(proof) {
  sessionStorage.removeItem(TOKEN);
  try {
    return await call('POST', '/v1/session', { body: proof });
  } catch (error) {
    const hasNoSessions = error instanceof ApiProblem && error.status === 404;
    if (!hasNoSessions || !('token' in proof)) throw error;
  }
  sessionStorage.setItem(TOKEN, proof.token);
  const me = await current();
  if (!me) throw new ApiProblem(401, { code: 'unauthenticated' }, null);
  return me;
}

export async function signOut() {
  const isBearer = sessionStorage.getItem(TOKEN) !== null;
  sessionStorage.removeItem(TOKEN);
  if (!isBearer) await call('DELETE', '/v1/session');
}
