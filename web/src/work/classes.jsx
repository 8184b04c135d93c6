// The classes of the job: a number key or a click takes one.

import { classColour } from '../picture/colours.js';
import { text } from '../texts/texts.js';
import { keepFocus } from '../shell/focus.js';

/** Classes that have a number key. */
const KEYS = 9;
/** More classes than these stand in two columns. */
const COLUMN_MOST = 4;

/** @param {{ session: import('./session.js').Session }} props */
export function Classes({ session }) {
  const { editor, range } = session;
  const { classes } = range.lease.job;
  const picked = editor?.picked && editor.figures.facts(editor.picked).class;
  const inHand = picked || editor?.current.name;
  return (
    <section class="classes-part">
      <h2>{text('classes.title')}</h2>
      <div class={classes.length > COLUMN_MOST ? 'classes many' : 'classes'} role="group" aria-label={text('classes.title')}>
        {classes.map((one, at) => (
          <button key={one.name} type="button" class="class" aria-pressed={one.name === inHand} onMouseDown={keepFocus} onClick={() => editor?.takeClass(at)}>
            <span class="swatch" style={{ '--class-colour': classColour(at) }} />
            <span class="name">{one.name}</span>
            {at < KEYS && <kbd>{at + 1}</kbd>}
          </button>
        ))}
      </div>
    </section>
  );
}
