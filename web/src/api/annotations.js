// Whether two annotations say the same, however they are written.

/** @typedef {import('./types.js').Annotation} Annotation */
/** @typedef {import('./types.js').Figure} Figure */
/** @typedef {import('./types.js').Tag} Tag */

/** @param {Annotation | null} one @param {Annotation | null} other */
export function isSame(one, other) {
  return JSON.stringify(one && plain(one)) === JSON.stringify(other && plain(other));
}

/** One way of writing it: the order is fixed, and what may be left out is there. @param {Annotation} annotation */
function plain({ figures, tags, skip }) {
  return [(figures ?? []).map(plainFigure), plainTags(tags), skip?.reason ?? null];
}

/** @param {Figure} figure */
function plainFigure({ class: name, shape, geometry, tags }) {
  return [name, shape, plainGeometry(geometry), plainTags(tags)];
}

/** @param {Figure['geometry']} geometry */
function plainGeometry(geometry) {
  if ('width' in geometry) return [geometry.x, geometry.y, geometry.width, geometry.height];
  if ('exterior' in geometry) return [geometry.exterior, geometry.interior ?? []];
  return geometry.points;
}

/** @param {Tag[] | undefined} tags */
function plainTags(tags) {
  return (tags ?? []).map(({ name, value }) => [name, value ?? null]);
}
