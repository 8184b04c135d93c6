// Which key does what. A person may change any of it; the choice is kept in this browser, by person.

/** @typedef {import('../texts/texts.js').TextId} TextId */

/** Commands of every page, with their usual keys. */
const COMMON = /** @type {const} */ ({
  previous: ['PageUp'],
  next: ['PageDown'],
  missing: ['m'],
  hand_in: ['Ctrl+Enter'],
  undo: ['Ctrl+z'],
  redo: ['Ctrl+Shift+z', 'Ctrl+y'],
  next_figure: ['.'],
  previous_figure: [','],
  left: ['ArrowLeft'],
  right: ['ArrowRight'],
  up: ['ArrowUp'],
  down: ['ArrowDown'],
  zoom_in: ['+', '='],
  zoom_out: ['-'],
  fit: ['0'],
  brighter: ['ü', ']'],
  darker: ['ö', '['],
  plain: ['\\', '#'],
  help: ['?'],
});

const WORK = /** @type {const} */ ({
  save: ['Enter'],
  skip: ['s'],
  same: ['a'],
  new: ['n'],
  rectangle: ['b'],
  polygon: ['p'],
  polyline: ['l'],
  point: ['o'],
  hole: ['h'],
  select: ['Escape'],
  corner: ['v'],
  remove: ['Delete', 'Backspace'],
  narrower: ['Alt+ArrowLeft'],
  wider: ['Alt+ArrowRight'],
  lower: ['Alt+ArrowUp'],
  higher: ['Alt+ArrowDown'],
});

const REVIEW = /** @type {const} */ ({
  accept: ['Enter'],
  reject: ['r'],
  reject_same: ['Shift+r'],
  accept_rest: ['Shift+Enter'],
  mark: ['x'],
  unmark: ['Escape'],
  compare: ['o'],
  next_opinion: ['Shift+o'],
  hide_figures: ['h'],
});

export const COMMANDS = { ...COMMON, ...WORK, ...REVIEW };
/** One key may do one thing on one page and another on another. */
export const PAGES = { common: COMMON, work: WORK, review: REVIEW };

/** @typedef {'work' | 'review'} Page */
/** @typedef {keyof typeof COMMANDS} Command */

/** Arrow keys go further with Shift, so Shift is no part of their names. */
const ARROW = /^Arrow/;

/** The name of a pressed key, as in `Ctrl+z`. @param {KeyboardEvent} event */
export function keyName(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isLetter = key.toLowerCase() !== key.toUpperCase() || event.key.length > 1;
  const parts = [];
  // What Ctrl is elsewhere is Command on a Mac.
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl');
  if (event.altKey) parts.push('Alt');
  if (event.shiftKey && isLetter && !ARROW.test(key)) parts.push('Shift');
  return [...parts, key].join('+');
}

export class Bindings extends EventTarget {
  #place;
  /** @type {Partial<Record<Command, string[]>>} */
  #own;

  /** @param {string} user */
  constructor(user) {
    super();
    this.#place = `swath.keys.${user}`;
    this.#own = read(this.#place);
  }

  /** @param {Command} command @returns {readonly string[]} */
  keys(command) {
    return this.#own[command] ?? COMMANDS[command];
  }

  /** @param {KeyboardEvent} event @param {Page} page @returns {Command | null} */
  command(event, page) {
    return this.#of(keyName(event), [COMMON, PAGES[page]]);
  }

  /** @param {Command} command @param {string} key @returns {Command | null} who has the key already; then nothing changes */
  change(command, key) {
    const holder = this.#of(key, besides(command));
    if (holder && holder !== command) return holder;
    this.#own = { ...this.#own, [command]: [key] };
    this.#keep();
    return null;
  }

  reset() {
    this.#own = {};
    this.#keep();
  }

  /** @param {string} key @param {object[]} groups @returns {Command | null} */
  #of(key, groups) {
    const commands = /** @type {Command[]} */ (groups.flatMap(Object.keys));
    return commands.find((command) => this.keys(command).includes(key)) ?? null;
  }

  #keep() {
    localStorage.setItem(this.#place, JSON.stringify(this.#own));
    this.dispatchEvent(new Event('change'));
  }
}

/** The commands that are there whenever this one is. @param {Command} command */
function besides(command) {
  if (command in COMMON) return [COMMANDS];
  return [COMMON, command in WORK ? WORK : REVIEW];
}

/** @param {string} place */
function read(place) {
  try {
    return JSON.parse(localStorage.getItem(place) ?? '{}') ?? {};
  } catch {
    return {};
  }
}
