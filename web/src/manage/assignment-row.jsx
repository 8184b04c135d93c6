// One assignment: its state, who is tied to it, its log, and the decisions that its state allows.

import { useState } from 'preact/hooks';
import { dateAndTime, text } from '../texts/texts.js';
import { Log } from './log.jsx';

/** @typedef {import('../api/types.js').AssignmentRow} Row */
/** To take a review away is to free it. @typedef {'reassign' | 'free' | 'reopen' | 'cancel'} Verb */

/** What a manager can decide in each state. @type {Record<string, Verb[]>} */
const VERBS = {
  PENDING: ['reassign', 'cancel'],
  IN_PROGRESS: ['reassign', 'cancel'],
  COMPLETED: ['reopen', 'cancel'],
  IN_REVIEW: ['free', 'reopen', 'cancel'],
  ACCEPTED: ['reopen'],
};

/** @param {{ row: Row, onDecide: (verb: Verb) => void, onFailed: (error: unknown) => void }} props */
export function AssignmentRow({ row, onDecide, onFailed }) {
  const [hasLog, setLog] = useState(false);
  return (
    <li>
      <div>
        <strong>{nameOf(row)}</strong>
        <p class="quiet">{[text('mine.items', { count: row.items }), ...people(row)].join(' · ')}</p>
      </div>
      <span class="status">{row.waits_for_manager ? text('manage.waits_here') : text(`status.${row.status}`)}</span>
      <div class="row">
        {(VERBS[row.status] ?? []).map((one) => <button key={one} type="button" onClick={() => onDecide(one)}>{text(`manage.${one}`)}</button>)}
        <button type="button" class="quiet" aria-expanded={hasLog} onClick={() => setLog(!hasLog)}>{text('manage.log')}</button>
      </div>
      {hasLog && <Log key={`${row.id} ${row.since}`} assignment={row.id} onFailed={onFailed} />}
    </li>
  );
}

/** @param {Row} row */
export function nameOf(row) {
  const round = row.round > 1 ? text('range.round', { round: row.round }) : null;
  return [text('range.title', { number: row.number + 1 }), round].filter(Boolean).join(' · ');
}

/** @param {Row} row @returns {string[]} */
function people(row) {
  const said = [];
  if (row.holder_name && row.expires_at) said.push(text('manage.held', { name: row.holder_name, time: dateAndTime(new Date(row.expires_at)) }));
  if (row.author_name) said.push(text('manage.author', { name: row.author_name }));
  if (row.reserved_for_name && row.reserved_until) said.push(text('manage.kept', { name: row.reserved_for_name, time: dateAndTime(new Date(row.reserved_until)) }));
  said.push(text('manage.since', { time: dateAndTime(new Date(row.since)) }));
  return said;
}
