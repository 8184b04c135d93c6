// The place of the picture that is labelled.

import { useEffect, useRef } from 'preact/hooks';
import { PictureMessages } from '../lease/picture-messages.jsx';
import { text } from '../texts/texts.js';
import { AllDone } from './all-done.jsx';
import { Conflict } from './conflict.jsx';

/** @param {{ session: import('./session.js').Session, paneRef: { current: HTMLElement | null }, children: any }} props */
export function PicturePane({ session, paneRef, children }) {
  const target = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { range } = session;
  useEffect(() => {
    if (!target.current) return;
    session.mount(target.current);
    paneRef.current?.focus();
  }, [session]);
  const cross = session.editor?.drawing.hasCross ? session.editor.drawing.crossAt : null;
  const place = { at: range.at + 1, count: range.count };
  return (
    <section class="pane" aria-label={text('range.place', place)}>
      <div ref={(element) => void (paneRef.current = element)} class="picture" role="application" tabIndex={0}
        aria-label={text('picture.label', place)} aria-describedby="picture-help" data-picture={session.picture}
        data-index={range.current.item.index}>
        <div ref={target} class="canvas" />
      </div>
      <p id="picture-help" class="hidden">{text('picture.help')}</p>
      <p class="cross" role="status">{cross && text('picture.cross', { x: Math.round(cross.x), y: Math.round(cross.y) })}</p>
      <PictureMessages session={session} />
      {children}
      <Conflict session={session} />
      {session.isAtEnd && <AllDone session={session} />}
    </section>
  );
}
