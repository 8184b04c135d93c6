// What each command does on the work page.

import { viewCommands } from '../lease/view-commands.js';
import { whileWorking } from '../lease/while-working.js';

/** @typedef {import('../keys/use-keys.js').Commands} Commands */

/** How far an arrow key moves a figure, in pixels of the picture. */
const STEP = { plain: 1, far: 10 };

/**
 * @param {import('./session.js').Session} session
 * @param {{ onSkip: () => void, onHelp: () => void, onWorked: () => void }} page
 * @returns {Commands}
 */
export function commandsOf(session, { onSkip, onHelp, onWorked }) {
  const { editor, range } = session;
  // These do not wait for the code that shows pictures.
  if (!editor) return whileWorking(onWorked, { save: () => void session.save(), hand_in: () => void session.handIn(), help: onHelp });
  const { drawing, viewport } = editor;

  /** Moves the cross, the picked figure or the picture. @param {number} x @param {number} y */
  const arrow = (x, y) => (/** @type {KeyboardEvent} */ { shiftKey }) => {
    const step = shiftKey ? STEP.far : STEP.plain;
    if (drawing.hasCross) editor.moveCross(x * step, y * step);
    else if (!editor.move(x * step, y * step)) viewport.pan(x, y);
  };
  /** @param {number} x @param {number} y */
  const size = (x, y) => (/** @type {KeyboardEvent} */ { shiftKey }) => editor.resize(x * (shiftKey ? STEP.far : STEP.plain), y * (shiftKey ? STEP.far : STEP.plain));

  return whileWorking(onWorked, {
    ...viewCommands(editor),
    save: () => drawing.finish() || void session.save(),
    skip: onSkip,
    same: () => session.sameAsLast(),
    previous: () => session.go(range.at - 1),
    next: () => session.go(range.at + 1),
    missing: () => session.go(range.firstOpen() ?? range.at),
    hand_in: () => void session.handIn(),
    number: ({ key }) => editor.takeClass(Number(key) - 1),
    new: () => {
      editor.pick(null);
      if (!drawing.tool) editor.takeShape(editor.shape);
      editor.moveCross(0, 0);
    },
    space: () => {
      if (drawing.tool && drawing.hasCross) drawing.setPoint();
      else editor.holdSpace(true);
    },
    space_up: () => editor.holdSpace(false),
    rectangle: () => editor.takeShape('rectangle'),
    polygon: () => editor.takeShape('polygon'),
    polyline: () => editor.takeShape('polyline'),
    point: () => editor.takeShape('point'),
    hole: () => editor.takeHole(),
    select: () => {
      if (drawing.isDrawing) drawing.abort();
      else if (drawing.tool) editor.putDown();
      else editor.pick(null);
    },
    corner: () => editor.nextCorner(),
    remove: () => drawing.stepBack() || editor.remove(),
    undo: () => editor.undo(),
    redo: () => editor.redo(),
    left: arrow(-1, 0),
    right: arrow(1, 0),
    up: arrow(0, 1),
    down: arrow(0, -1),
    narrower: size(-1, 0),
    wider: size(1, 0),
    lower: size(0, 1),
    higher: size(0, -1),
    help: onHelp,
  });
}
