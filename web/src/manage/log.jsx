// What has happened to an assignment, in words, with who did it.

import { useEffect, useState } from 'preact/hooks';
import { logOf } from '../api/manage.js';
import { dateAndTime, text, textOr } from '../texts/texts.js';

/** @typedef {import('../api/types.js').LogEntry} LogEntry */

/** @param {{ assignment: string, onFailed: (error: unknown) => void }} props */
export function Log({ assignment, onFailed }) {
  const [entries, setEntries] = useState(/** @type {LogEntry[] | null} */ (null));
  useEffect(() => void logOf(assignment).then(({ items }) => setEntries(items), onFailed), [assignment]);
  if (entries === null) return <p role="status">{text('app.loading')}</p>;
  return (
    <ol class="log">
      {entries.map((entry) => <li key={entry.seq}>{words(entry)}</li>)}
    </ol>
  );
}

/** @param {LogEntry} entry */
function words({ at, action, actor_name: actor, token_maker_name: maker, reason }) {
  const who = maker ? text('log.through', { name: actor ?? '', maker }) : actor ?? text('log.nobody');
  const what = textOr(`log.${action}`, 'log.other', { action });
  return [dateAndTime(new Date(at)), who, what, reason].filter(Boolean).join(' · ');
}
