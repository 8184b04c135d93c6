// A field of a form with its label, a hint, and what the API says is wrong with it.

import { useId } from 'preact/hooks';
import { faultsAt } from './faults.js';

/** What the element of a field takes. @typedef {{ id: string, 'aria-invalid'?: boolean, 'aria-describedby'?: string }} Attributes */

/**
 * @param {{ label: string, path: string, faults: import('./faults.js').Fault[], hint?: string, children: (attributes: Attributes) => any }} props
 */
export function Field({ label, path, faults, hint, children }) {
  const id = useId();
  const said = faultsAt(faults, path);
  const about = [hint ? `${id}-hint` : '', said.length > 0 ? `${id}-fault` : ''].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-invalid': said.length > 0 || undefined, 'aria-describedby': about || undefined })}
      {hint && <p id={`${id}-hint`} class="quiet hint">{hint}</p>}
      {said.length > 0 && <p id={`${id}-fault`} class="fault">{said.map(({ message }) => message).join('; ')}</p>}
    </div>
  );
}

/**
 * A field of one line.
 * @param {{ label: string, path: string, faults: import('./faults.js').Fault[], hint?: string, value: string, onInput: (value: string) => void,
 *   isNumber?: boolean, most?: number }} props
 */
export function TextField({ value, onInput, isNumber, most, ...rest }) {
  return (
    <Field {...rest}>
      {(attributes) => (
        <input {...attributes} type="text" inputMode={isNumber ? 'numeric' : undefined} autocomplete="off" maxLength={most} value={value}
          onInput={(event) => onInput(event.currentTarget.value)} />
      )}
    </Field>
  );
}

/**
 * A field for a moment of local time.
 * @param {{ label: string, path: string, faults: import('./faults.js').Fault[], value: string, onInput: (value: string) => void }} props
 */
export function MomentField({ value, onInput, ...rest }) {
  return (
    <Field {...rest}>
      {(attributes) => <input {...attributes} type="datetime-local" value={value} onInput={(event) => onInput(event.currentTarget.value)} />}
    </Field>
  );
}

/**
 * A field of several lines.
 * @param {{ label: string, path: string, faults: import('./faults.js').Fault[], hint?: string, value: string, onInput: (value: string) => void,
 *   rows?: number, most?: number }} props
 */
export function LongField({ value, onInput, rows = 4, most, ...rest }) {
  return (
    <Field {...rest}>
      {(attributes) => <textarea {...attributes} rows={rows} maxLength={most} value={value} onInput={(event) => onInput(event.currentTarget.value)} />}
    </Field>
  );
}

/**
 * A choice of one of a few.
 * @template {string} T
 * @param {{ label: string, path: string, faults: import('./faults.js').Fault[], hint?: string, value: T, onChange: (value: T) => void,
 *   options: readonly T[], said: (option: T) => string }} props
 */
export function SelectField({ value, onChange, options, said, ...rest }) {
  return (
    <Field {...rest}>
      {(attributes) => (
        <select {...attributes} value={value} onChange={(event) => onChange(/** @type {T} */ (event.currentTarget.value))}>
          {options.map((option) => <option key={option} value={option}>{said(option)}</option>)}
        </select>
      )}
    </Field>
  );
}
