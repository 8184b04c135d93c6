// The people of a team, how they come in, and how they sign in.

import { call } from './client.js';
import { query } from './lists.js';

/** @typedef {{ id: string, name: string }} Named */
/** @typedef {import('./types.js').Role} Role */
/** @typedef {{ user: Named, roles: Role[] }} Member */
/** @typedef {import('./types.js').Invitation} Invitation */
/** @typedef {import('./types.js').TokenRow} TokenRow */
/** @template T @typedef {import('./lists.js').PageOf<T>} PageOf */

/** People, invitations or tokens that a page reads at most. */
export const PEOPLE_MAX = 200;

/** The members of a team whose names hold a text, the newest first. @param {string} team @param {string} name @returns {Promise<PageOf<Member>>} */
export function membersCalled(team, name) {
  return call('GET', `/v1/teams/${team}/members?${query({ name, order: 'newest', limit: String(PEOPLE_MAX) })}`);
}

/** @param {string} team @param {string} user @param {Role[]} roles @returns {Promise<Member>} */
export function setRoles(team, user, roles) {
  return call('PUT', `/v1/teams/${team}/members/${user}`, { body: { roles } });
}

/** @param {string} team @param {string} user @returns {Promise<void>} */
export function removeMember(team, user) {
  return call('DELETE', `/v1/teams/${team}/members/${user}`);
}

/** The open ones. @param {string} team @returns {Promise<PageOf<Invitation>>} */
export function invitations(team) {
  return call('GET', `/v1/teams/${team}/invitations?limit=${PEOPLE_MAX}`);
}

/** @param {string} team @param {{ roles: Role[], note?: string }} invitation @returns {Promise<Invitation & { invitation: string }>} with its code */
export function invite(team, invitation) {
  return call('POST', `/v1/teams/${team}/invitations`, { body: invitation });
}

/** @param {string} id @returns {Promise<void>} */
export function revokeInvitation(id) {
  return call('DELETE', `/v1/invitations/${id}`);
}

/** Of a person in a team. @param {string} team @param {string} user @returns {Promise<PageOf<TokenRow>>} */
export function tokensOf(team, user) {
  return call('GET', `/v1/tokens?${query({ team, user, limit: String(PEOPLE_MAX) })}`);
}

/** @param {string} team @param {string} user @param {string | undefined} expires_at @returns {Promise<{ id: string, token: string }>} */
export function makeToken(team, user, expires_at) {
  return call('POST', '/v1/tokens', { body: { team, user, expires_at } });
}

/** @param {string} id @returns {Promise<void>} */
export function revokeToken(id) {
  return call('DELETE', `/v1/tokens/${id}`);
}

/** @param {string} team @param {string} user @returns {Promise<void>} */
export function revokeTokens(team, user) {
  return call('DELETE', `/v1/tokens?${query({ team, user })}`);
}

/** @param {string} team @param {string} user @returns {Promise<{ code: string, expires_at: string }>} */
export function makeSignInLink(team, user) {
  return call('POST', '/v1/sign-in-links', { body: { team, user } });
}
