// Commands by which a person looks at a picture and its figures, on every page that shows one.

/** @param {import('../picture/stage.js').Stage} stage */
export function viewCommands(stage) {
  const { viewport } = stage;
  return {
    next_figure: () => void stage.pickNext(1),
    previous_figure: () => void stage.pickNext(-1),
    tab: () => stage.pickNext(1),
    tab_back: () => stage.pickNext(-1),
    zoom_in: () => viewport.zoom(1),
    zoom_out: () => viewport.zoom(-1),
    fit: () => viewport.fit(),
    brighter: () => viewport.brighten(1),
    darker: () => viewport.brighten(-1),
    plain: () => viewport.brighten(0),
  };
}
