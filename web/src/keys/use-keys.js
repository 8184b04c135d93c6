// Carries out commands by key, wherever the focus is on a page, except where a person types or a dialog is open.

import { useEffect, useRef } from 'preact/hooks';

/** Commands whose keys are fixed stand beside those that can be changed. */
/** @typedef {import('./bindings.js').Command | 'number' | 'space' | 'space_up' | 'tab' | 'tab_back'} Name */
/** A command that has nothing to do answers false, and its key is left alone. @typedef {Partial<Record<Name, (event: KeyboardEvent) => boolean | void>>} Commands */

/**
 * @param {import('./bindings.js').Bindings} bindings
 * @param {import('./bindings.js').Page} page
 * @param {Commands} commands
 * @param {{ current: HTMLElement | null }} picture where Tab goes through the figures before it leaves
 */
export function useKeys(bindings, page, commands, picture) {
  const newest = useRef(commands);
  newest.current = commands;
  useEffect(() => {
    const down = (/** @type {KeyboardEvent} */ event) => {
      if (event.defaultPrevented || event.isComposing || isTaken(event)) return;
      const name = commandOf(event, bindings, page, picture.current);
      const act = name && newest.current[name];
      if (!act || (event.repeat && !REPEATS.has(name))) return;
      if (act(event) === false) return;
      event.preventDefault();
      // A choice that was made with the keyboard gives the keys back to the picture.
      if (document.activeElement?.matches('select, input')) picture.current?.focus();
    };
    const up = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === ' ') newest.current.space_up?.(event);
    };
    addEventListener('keydown', down);
    addEventListener('keyup', up);
    return () => {
      removeEventListener('keydown', down);
      removeEventListener('keyup', up);
    };
  }, [bindings]);
}

/** Commands that a key held down goes on giving. */
const REPEATS = new Set(['left', 'right', 'up', 'down', 'narrower', 'wider', 'lower', 'higher', 'zoom_in', 'zoom_out', 'undo', 'redo', 'next', 'previous', 'next_figure', 'previous_figure']);

/** @param {KeyboardEvent} event @param {import('./bindings.js').Bindings} bindings @param {import('./bindings.js').Page} page @param {HTMLElement | null} picture @returns {Name | null} */
function commandOf(event, bindings, page, picture) {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (isPlain && /^[1-9]$/.test(event.key)) return 'number';
  if (isPlain && event.key === ' ') return 'space';
  if (isPlain && event.key === 'Tab' && document.activeElement === picture) return event.shiftKey ? 'tab_back' : 'tab';
  return bindings.command(event, page);
}

/** Whether something else on the page wants this key. @param {KeyboardEvent} event */
function isTaken(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (document.querySelector('dialog[open]')) return true;
  // A choice and a check box use neither Enter nor Ctrl.
  if (target.closest('select, input[type="checkbox"]')) return event.key !== 'Enter' && !event.ctrlKey;
  if (target.closest('input, textarea')) return true;
  // A button that has the focus is pressed by Enter and Space.
  return (event.key === 'Enter' || event.key === ' ') && !event.ctrlKey && !event.shiftKey && target.closest('button, a, summary') !== null;
}
