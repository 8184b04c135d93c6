// Which of the manager's pages an address names.

/** @typedef {import('../api/manage.js').Wanted} Wanted */
/**
 * @typedef {{ kind: 'jobs' } | { kind: 'job', id: string, wanted: Wanted } | { kind: 'new', dataset: string }
 *   | { kind: 'datasets' } | { kind: 'new-dataset' } | { kind: 'dataset', id: string, isMissing: boolean } | { kind: 'people', name: string }} Place
 */

/** What narrows the assignments of a job. */
const NARROWING = /** @type {const} */ (['status', 'holder', 'author', 'round', 'range', 'order']);

/** @param {string} query @returns {Place} */
export function placeOf(query) {
  const fields = new URLSearchParams(query);
  const of = (/** @type {string} */ name) => fields.get(name) ?? '';
  if (of('job')) return { kind: 'job', id: of('job'), wanted: Object.fromEntries(NARROWING.map((name) => [name, of(name)])) };
  if (of('dataset') && !fields.has('new')) return { kind: 'dataset', id: of('dataset'), isMissing: of('show') === 'missing' };
  if (fields.has('new')) return { kind: 'new', dataset: of('dataset') };
  if (fields.has('datasets')) return { kind: of('datasets') === 'new' ? 'new-dataset' : 'datasets' };
  if (fields.has('people')) return { kind: 'people', name: of('name') };
  return { kind: 'jobs' };
}

/** The address of a job, with its assignments narrowed. @param {string} id @param {Wanted} [wanted] */
export function addressOfJob(id, wanted = {}) {
  const fields = NARROWING.flatMap((name) => (wanted[name] ? [[name, wanted[name]]] : []));
  return `/manage?${new URLSearchParams([['job', id], ...fields])}`;
}

/** @param {string} id @param {boolean} [isMissing] only what could not be read */
export function addressOfDataset(id, isMissing = false) {
  return `/manage?dataset=${id}${isMissing ? '&show=missing' : ''}`;
}

/** People whose names hold a text. @param {string} name */
export function addressOfPeople(name) {
  return `/manage?people&${new URLSearchParams({ name })}`;
}
