import { text } from '../../texts/texts.js';

/** A number of bytes, to read. @param {number} count */
export function bytes(count) {
  if (count < 1_000) return text('bytes.bytes', { count });
  if (count < 1_000_000) return text('bytes.kilo', { count: Math.round(count / 1_000) });
  return text('bytes.mega', { count: Math.round(count / 100_000) / 10 });
}
