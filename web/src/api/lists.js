// What lists of the API have in common: a query, and pages.

/** @template T @typedef {{ items: T[], next: string | null }} PageOf */

/** @param {Record<string, string>} fields what is empty is left out */
export function query(fields) {
  return new URLSearchParams(Object.entries(fields).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
