// How the picture is seen, for those who point rather than press.

import { Tool } from '../lease/tool.jsx';
import { text } from '../texts/texts.js';

/** @param {{ session: import('./session.js').Session }} props */
export function ViewTools({ session }) {
  const { viewer, comparison } = session;
  return (
    <div class="toolbar" role="toolbar" aria-label={text('tool.label')} aria-orientation="vertical">
      <Tool name="hide_figures" label={text('review.hide_figures')} isOn={viewer?.hidesFigures ?? false} onUse={() => session.hideFigures()} />
      {comparison.isPossible && <Tool name="compare" label={text('compare.title')} isOn={comparison.isOpen} onUse={() => comparison.toggle()} />}
      <hr />
      <Tool name="zoom_in" onUse={() => viewer?.viewport.zoom(1)} />
      <Tool name="zoom_out" onUse={() => viewer?.viewport.zoom(-1)} />
      <Tool name="fit" onUse={() => viewer?.viewport.fit()} />
      <Tool name="brighter" onUse={() => viewer?.viewport.brighten(1)} />
      <Tool name="darker" onUse={() => viewer?.viewport.brighten(-1)} />
    </div>
  );
}
