// Who has how many assignments in which state, and how many there are in each round.

/** @typedef {import('../../api/types.js').AssignmentRow} Row */
/** @typedef {Row['status']} Status */
/** How many in each state. @typedef {Partial<Record<Status, number>>} Counts */
/** @typedef {{ id: string, name: string, counts: Counts }} PersonTally */
/** @typedef {{ round: number, counts: Counts }} RoundTally */

/** Whom an assignment counts for: who holds it, or whose work it is. @param {Row} row @returns {{ id: string, name: string } | null} */
export function personOf({ status, holder, holder_name: holding, author, author_name: writing }) {
  if (status === 'IN_PROGRESS' || status === 'IN_REVIEW') return holder === null ? null : { id: holder, name: holding ?? '' };
  if (status === 'PENDING' || status === 'CANCELLED') return null;
  return author === null ? null : { id: author, name: writing ?? '' };
}

/** @param {Row[]} rows @returns {{ people: PersonTally[], rounds: RoundTally[] }} people by name */
export function tally(rows) {
  /** @type {Map<string, PersonTally>} */
  const people = new Map();
  /** @type {Map<number, RoundTally>} */
  const rounds = new Map();
  for (const row of rows) {
    const person = personOf(row);
    if (person) count(entry(people, person.id, () => ({ ...person, counts: {} })).counts, row.status);
    count(entry(rounds, row.round, () => ({ round: row.round, counts: {} })).counts, row.status);
  }
  return {
    people: [...people.values()].sort((one, other) => one.name.localeCompare(other.name)),
    rounds: [...rounds.values()].sort((one, other) => one.round - other.round),
  };
}

/** @template K, V @param {Map<K, V>} map @param {K} key @param {() => V} make @returns {V} */
function entry(map, key, make) {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}

/** @param {Counts} counts @param {Status} status */
function count(counts, status) {
  counts[status] = (counts[status] ?? 0) + 1;
}
