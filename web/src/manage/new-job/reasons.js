// Why reviewers may reject an item: one title on each line of a form, and a code for each, by which rejections are counted.

/** @typedef {import('../../api/types.js').ReasonCode} ReasonCode */

/** A code may be longer: there is room for a number. */
const CODE_LENGTH = 50;

/**
 * A reason that is known keeps its code, so that it is counted on under it.
 * @param {string} titles @param {ReasonCode[]} [known] @returns {ReasonCode[]}
 */
export function reasonsIn(titles, known = []) {
  const lines = [...new Set(titles.split('\n').map((line) => line.trim()).filter(Boolean))];
  const taken = new Set(known.map(({ code }) => code));
  return lines.map((title) => known.find((one) => one.title === title) ?? { code: freeCode(title, taken), title });
}

/** @param {ReasonCode[]} reasons */
export function titlesOf(reasons) {
  return reasons.map(({ title }) => title).join('\n');
}

/** @param {string} title @param {Set<string>} taken takes it in */
function freeCode(title, taken) {
  const plain = title.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '').replace(/[^a-z0-9]+/g, '-').slice(0, CODE_LENGTH).replace(/^-|-$/g, '') || 'reason';
  let code = plain;
  for (let number = 2; taken.has(code); number += 1) code = `${plain}-${number}`;
  taken.add(code);
  return code;
}
