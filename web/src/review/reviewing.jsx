// One submission before a reviewer: all items in small, one large, and the verdict within reach.

import { useEffect, useRef, useState } from 'preact/hooks';
import { KeyHint } from '../keys/key-hint.jsx';
import { useKeys } from '../keys/use-keys.js';
import { Figures } from '../lease/figures.jsx';
import { Instructions } from '../lease/instructions.jsx';
import { LeaseWarning } from '../lease/lease-time.jsx';
import { Tool } from '../lease/tool.jsx';
import { keepFocus } from '../shell/focus.js';
import { useModel } from '../shell/use-model.js';
import { text } from '../texts/texts.js';
import { ReasonDialog } from '../work/reason-dialog.jsx';
import { commandsOf } from './commands.js';
import { Grid } from './grid.jsx';
import { Header } from './header.jsx';
import { ItemNote } from './item-note.jsx';
import { PicturePane } from './picture-pane.jsx';
import { hasCodes, reasonsOf, remember } from './reasons.js';
import { Reasons } from './reasons.jsx';
import { RejectDialog } from './reject-dialog.jsx';
import { Session } from './session.js';
import { ViewTools } from './view-tools.jsx';

/**
 * @param {{ review: import('./review.js').Review,
 *   phase: Extract<import('./review.js').Phase, { name: 'working' | 'handing-in' }>,
 *   outbox: import('../outbox/outbox.js').Outbox,
 *   bindings: import('../keys/bindings.js').Bindings, onHelp: () => void }} props
 */
export function Reviewing({ review, phase, outbox, bindings, onHelp }) {
  const submission = phase.range;
  const { job } = submission.lease;
  const [session] = useState(() => new Session(review, submission));
  const [asking, setAsking] = useState(/** @type {'reject' | 'give-back' | null} */ (null));
  const picture = useRef(/** @type {HTMLElement | null} */ (null));
  useModel(submission, 'change', 'move');
  useModel(session, 'change');
  useModel(session.comparison, 'change');
  useModel(outbox, 'change');
  useEffect(() => () => session.close(), [session]);

  const life = phase.name === 'working' ? phase.life : null;
  const reasons = reasonsOf(job);
  const onReject = () => !session.isAtEnd && setAsking('reject');
  const commands = commandsOf(session, { reasons, onReject, onHelp, onWorked: () => life?.worked() });
  useKeys(bindings, 'review', life ? commands : { help: onHelp }, picture);

  /** @param {string | null} reason @param {string | null} comment */
  const reject = (reason, comment) => {
    if (reason && !hasCodes(job)) remember(job, reason);
    session.reject(reason, comment);
    picture.current?.focus();
  };
  return (
    <main id="main" class="reviewing" onPointerDown={() => life?.worked()}>
      <Header session={session} life={life} outbox={outbox} notice={review.notice} bindings={bindings} />
      <Grid submission={submission} onGo={(at) => session.go(at)} />
      <ViewTools session={session} />
      <PicturePane session={session} paneRef={picture} isHandingIn={!life} bindings={bindings}>{life && <LeaseWarning life={life} kind="review_lease" />}</PicturePane>
      <aside class="panel">
        <Reasons reasons={reasons} marked={session.marked.size} isOff={session.isAtEnd || !life} onReason={(reason) => session.reject(reason)} />
        <ItemNote session={session} />
        {session.isReady && <Figures stage={session.viewer} none="review.unlabelled" onUse={(number) => session.toggleMark(number)} />}
        <Instructions lease={submission.lease} />
        <section>
          <button type="button" class="quiet" onClick={() => setAsking('give-back')}>{text('range.give_back')}</button>
        </section>
      </aside>
      <footer class="save">
        <Tool name="undo" label={text('review.undo')} isOff={!submission.canUndo || !life} onUse={() => session.undo()} />
        <button type="button" disabled={session.isAtEnd} onClick={onReject}>{text('review.reject')} <KeyHint bindings={bindings} command="reject" /></button>
        <button type="button" class="main" disabled={!session.canAccept} onMouseDown={keepFocus} onClick={() => session.accept()}>{text('review.accept')} <KeyHint bindings={bindings} command="accept" /></button>
      </footer>
      {asking === 'reject' && <RejectDialog reasons={reasons} hasCodes={hasCodes(job)} marked={session.marked.size} onReject={reject} onClose={() => setAsking(null)} />}
      {asking === 'give-back' && (
        <ReasonDialog title={text('review.give_back_why')} action={text('range.give_back_do')} suggestions={[]}
          onReason={(reason) => review.giveBack(reason)} onClose={() => setAsking(null)} />
      )}
    </main>
  );
}
