// The place of the large picture, and what is said at the end.

import { useEffect, useRef } from 'preact/hooks';
import { PictureMessages } from '../lease/picture-messages.jsx';
import { text } from '../texts/texts.js';
import { ComparePane } from './compare-pane.jsx';

/** @typedef {import('./session.js').Session} Session */

/** @param {{ session: Session, paneRef: { current: HTMLElement | null }, isHandingIn: boolean, bindings: import('../keys/bindings.js').Bindings, children: any }} props */
export function PicturePane({ session, paneRef, isHandingIn, bindings, children }) {
  const target = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { comparison, submission } = session;
  useEffect(() => {
    if (!target.current) return;
    session.mount(target.current);
    paneRef.current?.focus();
  }, [session]);
  const place = { at: submission.at + 1, count: submission.count };
  return (
    <section class={comparison.isOpen ? 'pane two' : 'pane'} aria-label={text('range.place', place)}>
      <div ref={(element) => void (paneRef.current = element)} class="picture" role="application" tabIndex={0}
        aria-label={text('picture.label', place)} aria-describedby="picture-help" data-picture={session.picture}
        data-index={submission.current.item.index}>
        <div ref={target} class="canvas" />
      </div>
      <p id="picture-help" class="hidden">{text('review.picture_help')}</p>
      {comparison.isOpen && session.viewer && (
        <ComparePane comparison={comparison} job={submission.lease.job} slot={submission.lease.assignment.slot} bindings={bindings} />
      )}
      <PictureMessages session={session} />
      {children}
      {session.isAtEnd && !isHandingIn && <AllDecided session={session} />}
    </section>
  );
}

/** The last item is decided: one key hands in and brings the next submission. @param {{ session: Session }} props */
function AllDecided({ session }) {
  const { rejected } = session.submission;
  return (
    <div class="over done" role="status">
      <p>{rejected > 0 ? text('review.all_decided', { count: rejected }) : text('review.all_accepted')}</p>
      <button type="button" class="main" onClick={() => session.handIn()}>{text('review.hand_in_next')} <kbd>Enter</kbd></button>
      <button type="button" onClick={() => session.go(0)}>{text('review.look_again')}</button>
    </div>
  );
}
