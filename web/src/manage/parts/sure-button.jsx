// A button that asks once more, and says what will happen, because it cannot be undone.

import { useEffect, useRef, useState } from 'preact/hooks';
import { text } from '../../texts/texts.js';

/** @param {{ label: string, question: string, sure: string, disabled?: boolean, onSure: () => void }} props */
export function SureButton({ label, question, sure, disabled, onSure }) {
  const [isAsking, setAsking] = useState(false);
  const [wasAsked, setAsked] = useState(false);
  const first = useRef(/** @type {HTMLButtonElement | null} */ (null));
  // The focus stays with the question, and comes back from it.
  useEffect(() => {
    if (isAsking || wasAsked) first.current?.focus();
  }, [isAsking]);
  const ask = () => {
    if (disabled) return;
    setAsking(true);
    setAsked(true);
  };
  if (!isAsking) return <button type="button" ref={first} aria-disabled={disabled} onClick={ask}>{label}</button>;
  return (
    <div class="sure" role="group" aria-label={label}>
      <p class="warning">{question}</p>
      <div class="row">
        <button type="button" ref={first} onClick={() => setAsking(false)}>{text('sure.keep')}</button>
        <button type="button" class="danger" onClick={() => { setAsking(false); onSure(); }}>{sure}</button>
      </div>
    </div>
  );
}
