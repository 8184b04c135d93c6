// One range before a person: the picture in the middle, everything else around it.

import { useEffect, useRef, useState } from 'preact/hooks';
import { keepFocus } from '../shell/focus.js';
import { useModel } from '../shell/use-model.js';
import { text } from '../texts/texts.js';
import { Classes } from './classes.jsx';
import { commandsOf } from './commands.js';
import { Figures } from '../lease/figures.jsx';
import { HandIn } from './hand-in.jsx';
import { Instructions } from '../lease/instructions.jsx';
import { ItemNote } from './item-note.jsx';
import { why } from '../lease/reasons.js';
import { LeaseTime, LeaseWarning } from '../lease/lease-time.jsx';
import { PicturePane } from './picture-pane.jsx';
import { ReasonDialog } from './reason-dialog.jsx';
import { Strip } from './strip.jsx';
import { Tags } from './tags.jsx';
import { Toolbar } from './toolbar.jsx';
import { useKeys } from '../keys/use-keys.js';
import { Session } from './session.js';

/**
 * @param {{ work: import('./work.js').Work,
 *   phase: Extract<import('./work.js').Phase, { name: 'working' | 'handing-in' }>,
 *   outbox: import('../outbox/outbox.js').Outbox,
 *   bindings: import('../keys/bindings.js').Bindings, onHelp: () => void }} props
 */
export function Labelling({ work, phase, outbox, bindings, onHelp }) {
  const { range } = phase;
  const [session] = useState(() => new Session(work, range));
  const [asking, setAsking] = useState(/** @type {'skip' | 'give-back' | null} */ (null));
  const picture = useRef(/** @type {HTMLElement | null} */ (null));
  useModel(range, 'change', 'move');
  useModel(session, 'change');
  useModel(outbox, 'change');
  useEffect(() => () => session.close(), [session]);

  const life = phase.name === 'working' ? phase.life : null;
  const commands = commandsOf(session, { onSkip: () => setAsking('skip'), onHelp, onWorked: () => life?.worked() });
  useKeys(bindings, 'work', commands, picture);

  const { editor } = session;
  const job = range.lease.job;
  const picked = editor?.picked;
  const verdict = range.current.item.verdict;
  const marked = verdict ? (editor?.list ?? []).filter(({ isMarked }) => isMarked).length : 0;
  return (
    <main id="main" class="labelling" onPointerDown={() => life?.worked()}>
      <header class="range">
        <h1>{job.title}</h1>
        <Strip range={range} onGo={(at) => session.go(at)} />
        <div class="range-actions">
          {life && <LeaseTime life={life} />}
          <HandIn range={range} unsent={outbox.unsentOf(range.id)} isOffline={outbox.isOffline} isHandingIn={phase.name === 'handing-in'} notice={work.notice}
            onHandIn={() => work.handIn()} onGo={(at) => session.go(at)} />
        </div>
      </header>
      <Toolbar session={session} />
      <PicturePane session={session} paneRef={picture}>{life && <LeaseWarning life={life} />}</PicturePane>
      <aside class="panel">
        <ItemNote session={session} marked={marked} />
        <Instructions lease={range.lease} />
        <Classes session={session} />
        <Tags title={text('tags.title')} definitions={job.tags} tags={session.tags} onChange={(tags) => session.tagItem(tags)} />
        <Figures stage={editor} most={job.limits.figures} none="figures.none" reason={verdict ? why(job, verdict) : undefined} />
        {picked && (
          <Tags title={text('tags.of_figure', { number: editor.pickedNumber ?? 0 })} definitions={job.tags}
            tags={editor.figures.facts(picked).tags} onChange={(tags) => editor.tag(tags)} />
        )}
        <section>
          <button type="button" class="quiet" onClick={() => setAsking('give-back')}>{text('range.give_back')}</button>
        </section>
      </aside>
      <footer class="save">
        <button type="button" onClick={() => setAsking('skip')}>{text('item.skip')}</button>
        <button type="button" class="main" disabled={!session.isReady || session.conflict !== null} onMouseDown={keepFocus} onClick={() => session.save()}>{text('item.save_next')} <kbd>Enter</kbd></button>
      </footer>
      {asking === 'skip' && (
        <ReasonDialog title={text('item.skip_why')} action={text('item.skip_do')}
          suggestions={[text('item.skip.blurred'), text('item.skip.broken'), text('item.skip.unclear')]}
          onReason={(reason) => session.skip(reason)} onClose={() => setAsking(null)} />
      )}
      {asking === 'give-back' && (
        <ReasonDialog title={text('range.give_back_why')} action={text('range.give_back_do')} suggestions={[]}
          onReason={(reason) => work.giveBack(reason)} onClose={() => setAsking(null)} />
      )}
    </main>
  );
}
