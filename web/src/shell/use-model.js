// Draws a component again whenever a model says that it has changed.

import { useEffect, useReducer } from 'preact/hooks';

/** What is to be drawn once the frame at hand is on the screen. @type {Set<() => void>} */
const due = new Set();

/** @param {EventTarget | null} model @param {...string} events */
export function useModel(model, ...events) {
  const [, count] = useReducer((/** @type {number} */ draws) => draws + 1, 0);
  useEffect(() => {
    if (!model) return;
    const draw = () => count(undefined);
    const changed = () => drawSoon(draw);
    for (const event of events) model.addEventListener(event, changed);
    return () => {
      for (const event of events) model.removeEventListener(event, changed);
      due.delete(draw);
    };
  }, [model]);
}

/** The picture comes first: everything around it is drawn once, however many changes there were, after the next frame. @param {() => void} draw */
function drawSoon(draw) {
  if (due.size === 0) requestAnimationFrame(() => setTimeout(drawAll));
  due.add(draw);
}

function drawAll() {
  const draws = [...due];
  due.clear();
  for (const draw of draws) draw();
}
