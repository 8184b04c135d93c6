// Tools and views, for those who point rather than press.

import { text } from '../texts/texts.js';
import { Tool } from '../lease/tool.jsx';

/** @typedef {import('../api/types.js').Shape} Shape */
/** @type {Shape[]} */
const SHAPES = ['rectangle', 'polygon', 'polyline', 'point'];

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
