// The key of a command, as this person has it.

import { keyLabel } from './help.jsx';

/** @param {{ bindings: import('./bindings.js').Bindings, command: import('./bindings.js').Command }} props */
export function KeyHint({ bindings, command }) {
  return <kbd>{keyLabel(bindings.keys(command)[0])}</kbd>;
}
