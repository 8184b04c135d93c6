// Rows of a form that can be added and taken away, by keyboard as well: Enter adds one, and the focus goes where one types on.

import { useEffect, useRef } from 'preact/hooks';
import { text } from '../../texts/texts.js';

/**
 * @template T
 * @param {{ legend: string, hint?: string, faults: string[], add: string, rows: T[], empty: T, least: number, onChange: (change: (rows: T[]) => T[]) => void,
 *   nameOf: (row: T, at: number) => string, children: (row: T, at: number, put: (changes: Partial<T>) => void) => any }} props
 */
export function Rows({ legend, hint, faults, add, rows, empty, least, onChange, nameOf, children }) {
  const list = useRef(/** @type {HTMLFieldSetElement | null} */ (null));
  /** The row whose first field takes the focus once there are so many: what was typed before may be drawn first. */
  const next = useRef(/** @type {{ at: number, count: number } | null} */ (null));
  useEffect(() => {
    if (next.current?.count !== rows.length) return;
    const row = list.current?.querySelectorAll('.form-row')[next.current.at];
    const field = row?.querySelector('input') ?? list.current?.querySelector('.add');
    if (field instanceof HTMLElement) field.focus();
    next.current = null;
  }, [rows]);
  const more = () => {
    next.current = { at: rows.length, count: rows.length + 1 };
    onChange((now) => [...now, empty]);
  };
  const less = (/** @type {number} */ at) => {
    next.current = { at: Math.min(at, rows.length - 2), count: rows.length - 1 };
    onChange((now) => now.filter((_, place) => place !== at));
  };
  const put = (/** @type {number} */ at) => (/** @type {Partial<T>} */ changes) => onChange((now) => now.map((row, place) => (place === at ? { ...row, ...changes } : row)));
  return (
    <fieldset ref={list} onKeyDown={(event) => {
      if (event.key !== 'Enter' || event.isComposing || !(event.target instanceof HTMLInputElement)) return;
      event.preventDefault();
      more();
    }}>
      <legend>{legend}</legend>
      {hint && <p class="quiet hint">{hint}</p>}
      {faults.length > 0 && <p class="fault">{faults.join('; ')}</p>}
      {rows.map((row, at) => (
        <div key={at} class="form-row">
          {children(row, at, put(at))}
          <button type="button" class="quiet" disabled={rows.length <= least} aria-label={text('form.remove_row', { name: nameOf(row, at) })} onClick={() => less(at)}>{text('form.remove')}</button>
        </div>
      ))}
      <div class="row"><button type="button" class="add" aria-invalid={faults.length > 0 || undefined} onClick={more}>{add}</button></div>
    </fieldset>
  );
}
