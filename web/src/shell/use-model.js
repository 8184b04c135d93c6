// Draws a component again whenever a model says that it has changed.

import { useEffect, useReducer } from 'preact/hooks';

/** @param {EventTarget | null} model @param {...string} events */
export function useModel(model, ...events) {
  const [, draw] = useReducer((count) => count + 1, 0);
  useEffect(() => {
    if (!model) return;
    const changed = () => draw(undefined);
    for (const event of events) model.addEventListener(event, changed);
    return () => {
      for (const event of events) model.removeEventListener(event, changed);
    };
  }, [model]);
}
