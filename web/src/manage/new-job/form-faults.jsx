// Why a form was refused: what stands beside no field, and that the rest does.

import { useEffect, useRef } from 'preact/hooks';
import { text } from '../../texts/texts.js';
import { faultsElsewhere, focusFirstFault } from '../parts/faults.js';

/**
 * @param {{ form: { current: HTMLElement | null }, refusal: { message: string, faults: import('../parts/faults.js').Fault[] } | null,
 *   shown: string[] }} props with the fields beside which faults are shown
 */
export function FormFaults({ form, refusal, shown }) {
  const alert = useRef(/** @type {HTMLParagraphElement | null} */ (null));
  // The focus goes to the first field that has to be changed.
  useEffect(() => {
    if (refusal !== null && !focusFirstFault(form.current)) alert.current?.focus();
  }, [refusal]);
  if (refusal === null) return null;
  const elsewhere = faultsElsewhere(refusal.faults, shown).map(({ field, message }) => [field, message].filter(Boolean).join(': '));
  const placed = refusal.faults.length - elsewhere.length;
  const said = placed > 0 ? [text('form.faults', { count: placed }), ...elsewhere] : [refusal.message];
  return <p ref={alert} tabIndex={-1} class="warning" role="alert">{said.join(' ')}</p>;
}
