// Tools and views, for those who point rather than press.

import { text } from '../texts/texts.js';
import { keepFocus } from './labelling.jsx';

/** @typedef {import('../api/types.js').Shape} Shape */
/** @type {Shape[]} */
const SHAPES = ['rectangle', 'polygon', 'polyline', 'point'];

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
  same: 'M8 8h12v12H8zM4 16V4h12',
};

/** @param {{ session: import('./session.js').Session }} props */
export function Toolbar({ session }) {
  const { editor, range } = session;
  const { classes } = range.lease.job;
  const tool = editor?.drawing.tool ?? null;
  const drawable = SHAPES.filter((shape) => classes.some((one) => one.shape === shape || one.shape === 'any'));
  const shape = editor?.picked && editor.figures.facts(editor.picked).shape;
  return (
    <div class="toolbar" role="toolbar" aria-label={text('tool.label')} aria-orientation="vertical">
      <Tool name="select" isOn={tool === null} onUse={() => editor?.putDown()} />
      {drawable.map((one) => <Tool key={one} name={one} isOn={tool === one} onUse={() => editor?.takeShape(one)} />)}
      {drawable.includes('polygon') && <Tool name="hole" isOn={tool === 'hole'} isOff={shape !== 'polygon'} onUse={() => editor?.takeHole()} />}
      <hr />
      <Tool name="undo" isOff={!editor?.canUndo && !editor?.drawing.isDrawing} onUse={() => editor?.undo()} />
      <Tool name="redo" isOff={!editor?.canRedo} onUse={() => editor?.redo()} />
      <Tool name="remove" isOff={!editor?.picked} onUse={() => editor?.remove()} />
      <Tool name="same" label={text('item.same')} isOff={!range.last} onUse={() => session.sameAsLast()} />
      <hr />
      <Tool name="zoom_in" onUse={() => editor?.viewport.zoom(1)} />
      <Tool name="zoom_out" onUse={() => editor?.viewport.zoom(-1)} />
      <Tool name="fit" onUse={() => editor?.viewport.fit()} />
      <Tool name="brighter" onUse={() => editor?.viewport.brighten(1)} />
      <Tool name="darker" onUse={() => editor?.viewport.brighten(-1)} />
    </div>
  );
}

/** @param {{ name: string, label?: string, isOn?: boolean, isOff?: boolean, onUse: () => void }} props */
function Tool({ name, label, isOn, isOff = false, onUse }) {
  const words = label ?? text(/** @type {import('../texts/texts.js').TextId} */ (`tool.${name}`));
  return (
    <button type="button" class="tool" title={words} aria-label={words} aria-pressed={isOn} disabled={isOff} onMouseDown={keepFocus} onClick={onUse}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d={ICONS[name]} /></svg>
    </button>
  );
}
