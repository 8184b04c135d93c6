// An invitation as the person who is invited sees it.

import { call } from './client.js';

/** The name of the team to which it leads. @param {string} code @returns {Promise<string>} */
export async function teamOf(code) {
  return (await call('POST', '/v1/invitations/show', { body: { invitation: code } })).team;
}

/**
 * Joins the team, with a new account where a name is given.
 * @param {string} code @param {string | undefined} name @param {string} key @returns {Promise<string | null>} a token for the team; none where a
 *   former answer had it and was lost
 */
export async function accept(code, name, key) {
  const { token } = await call('POST', '/v1/invitations/accept', { body: { invitation: code, name }, headers: { 'Idempotency-Key': key } });
  return token ?? null;
}
