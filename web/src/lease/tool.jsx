// A button with a picture on it, for those who point rather than press.

import { keepFocus } from '../shell/focus.js';
import { text } from '../texts/texts.js';

/** Paths of a 24 by 24 drawing. @type {Record<string, string>} */
const ICONS = {
  select: 'M6 3v15l4-4 3 6 2-1-3-6h6z',
  rectangle: 'M4 6h16v12H4z',
  polygon: 'M12 3l9 7-4 10H7L3 10z',
  polyline: 'M3 18l6-9 5 6 7-11',
  point: 'M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8',
  hole: 'M3 4h18v16H3zM9 9h6v6H9z',
  undo: 'M9 5L4 10l5 5M4 10h10a5 5 0 0 1 0 10h-3',
  redo: 'M15 5l5 5-5 5M20 10H10a5 5 0 0 0 0 10h3',
  zoom_in: 'M10 4a6 6 0 1 0 0 12a6 6 0 1 0 0-12M15 15l6 6M10 7v6M7 10h6',
  zoom_out: 'M10 4a6 6 0 1 0 0 12a6 6 0 1 0 0-12M15 15l6 6M7 10h6',
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  brighter: 'M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2',
  darker: 'M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6M12 4v1M12 19v1M4 12h1M19 12h1',
  remove: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  hide_figures: 'M2 12c5-8 15-8 20 0c-5 8-15 8-20 0M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6M4 20L20 4',
  compare: 'M3 5h18v14H3zM12 3v18',
  same: 'M8 8h12v12H8zM4 16V4h12',
};

/** @param {{ name: string, label?: string, isOn?: boolean, isOff?: boolean, onUse: () => void }} props */
export function Tool({ name, label, isOn, isOff = false, onUse }) {
  const words = label ?? text(/** @type {import('../texts/texts.js').TextId} */ (`tool.${name}`));
  return (
    <button type="button" class="tool" title={words} aria-label={words} aria-pressed={isOn} disabled={isOff} onMouseDown={keepFocus} onClick={onUse}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d={ICONS[name]} /></svg>
    </button>
  );
}
