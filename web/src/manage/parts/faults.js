// What the API says is wrong with a request, field by field.

import { ApiProblem } from '../../api/client.js';

/** @typedef {{ field?: string, line?: number, index?: number, message: string }} Fault */

/** @param {unknown} error @returns {Fault[]} none where it names no field */
export function faultsOf(error) {
  const faults = error instanceof ApiProblem ? error.document.errors : null;
  return Array.isArray(faults) ? faults : [];
}

/** Those about a field or what is in it: `classes[0]` holds `classes[0].name`. @param {Fault[]} faults @param {string} path */
export function faultsAt(faults, path) {
  return faults.filter(({ field = '' }) => field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`));
}

/** Those about none of these fields. @param {Fault[]} faults @param {string[]} paths */
export function faultsElsewhere(faults, paths) {
  const placed = new Set(paths.flatMap((path) => faultsAt(faults, path)));
  return faults.filter((fault) => !placed.has(fault));
}

/** Puts the focus on the first field that something is wrong with. @param {HTMLElement | null} form @returns {boolean} whether there is one */
export function focusFirstFault(form) {
  const field = form?.querySelector('[aria-invalid="true"]');
  if (!(field instanceof HTMLElement)) return false;
  field.focus();
  return true;
}
