// What each command does on the review page.

import { viewCommands } from '../lease/view-commands.js';
import { whileWorking } from '../lease/while-working.js';

/** @typedef {import('../keys/use-keys.js').Commands} Commands */

/**
 * @param {import('./session.js').Session} session
 * @param {{ reasons: import('./reasons.js').Reason[], onReject: () => void, onHelp: () => void, onWorked: () => void }} page
 * @returns {Commands}
 */
export function commandsOf(session, { reasons, onReject, onHelp, onWorked }) {
  const { viewer, submission } = session;
  // These do not wait for the code that shows pictures.
  const first = { accept: () => void session.accept(), hand_in: () => void session.handIn(), help: onHelp };
  if (!viewer) return whileWorking(onWorked, first);
  const { viewport } = viewer;
  return whileWorking(onWorked, {
    ...first,
    ...viewCommands(viewer),
    reject: onReject,
    reject_same: () => session.rejectSame(),
    accept_rest: () => session.acceptRest(),
    number: ({ key }) => {
      const reason = reasons[Number(key) - 1];
      if (!reason) return false;
      session.reject(reason.code);
    },
    undo: () => session.undo(),
    redo: () => session.redo(),
    previous: () => session.go(submission.at - 1),
    next: () => session.go(submission.at + 1),
    missing: () => session.go(submission.firstOpen() ?? submission.at),
    mark: () => session.toggleMark(viewer.pickedNumber),
    unmark: () => session.unmark(),
    compare: () => session.comparison.toggle(),
    next_opinion: () => session.comparison.next(),
    hide_figures: () => session.hideFigures(),
    space: () => viewer.holdSpace(true),
    space_up: () => viewer.holdSpace(false),
    left: () => viewport.pan(-1, 0),
    right: () => viewport.pan(1, 0),
    up: () => viewport.pan(0, 1),
    down: () => viewport.pan(0, -1),
  });
}
