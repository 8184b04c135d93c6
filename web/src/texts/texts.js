// The texts in the reader's language, with numbers, dates and plurals as that language writes them. A catalogue is a file of its
// own, of which the build gives the address; a text with a count has a form for each plural that the language knows.

import de from './de.json';
import en from './en.json';

/** @typedef {keyof typeof en} TextId */
/** @typedef {Record<TextId, string | Record<string, string>>} Catalogue */

/** Where the catalogues are. A reader loads no language but their own. */
const CATALOGUES = /** @type {Record<string, string>} */ (/** @type {unknown} */ ({ de, en }));
const RIGHT_TO_LEFT = new Set(['ar', 'dv', 'fa', 'he', 'ku', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** The first language that the reader knows and the catalogue too. */
const language = navigator.languages.map((tag) => tag.split('-')[0]).find((tag) => tag in CATALOGUES) ?? 'en';
/** Dates and numbers follow the reader's region, where it speaks that language. */
const locale = navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language;
const catalogue = /** @type {Catalogue} */ (await (await fetch(CATALOGUES[language])).json());
const plurals = new Intl.PluralRules(locale);
const numbers = new Intl.NumberFormat(locale);
const percents = new Intl.NumberFormat(locale, { style: 'percent' });
const dayAndClock = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
const shortClock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });

/** Says what language and direction the page is in. */
export function markLanguage() {
  document.documentElement.lang = locale;
  document.documentElement.dir = RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr';
}

/**
 * @param {TextId} id
 * @param {Record<string, string | number>} [values] what stands in for `{name}`; `count` chooses the plural
 */
export function text(id, values = {}) {
  const entry = catalogue[id];
  const template = typeof entry === 'string' ? entry : entry[plurals.select(Number(values.count))] ?? entry.other;
  return template.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name] ?? '';
    return typeof value === 'number' ? numbers.format(value) : value;
  });
}

/** A text whose id is put together; the other id where there is none. @param {string} id @param {TextId} other @param {Record<string, string | number>} [values] */
export function textOr(id, other, values) {
  return text(id in catalogue ? /** @type {TextId} */ (id) : other, values);
}

/** A share of a whole. @param {number} share */
export function percent(share) {
  return percents.format(share);
}

/** The time of day. @param {Date} date */
export function timeOfDay(date) {
  return clock.format(date);
}

/** The time of day to the minute; with the date where it is another day. @param {Date} date */
export function dateAndTime(date) {
  const isToday = date.toDateString() === new Date().toDateString();
  return (isToday ? shortClock : dayAndClock).format(date);
}

/** @param {number} seconds as in 4:05, or 1:04:05 */
export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
