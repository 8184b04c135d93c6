// What an import has passed by or left out.

import { text } from '../../texts/texts.js';

/** @param {{ notes: import('../../api/types.js').ImportNotes }} props */
export function Notes({ notes }) {
  const ignored = Object.entries(notes.ignored ?? {}).map(([kind, count]) => text('datasets.ignored_kind', { kind, count }));
  const listed = notes.files_left_out ?? [];
  return (
    <>
      {ignored.length > 0 && <p class="quiet">{text('datasets.ignored', { kinds: ignored.join(', ') })}</p>}
      {notes.left_out > 0 && <p class="warning">{text('datasets.left_out', { count: notes.left_out })}</p>}
      {listed.length > 0 && <ul class="faults" tabIndex={0} aria-label={text('datasets.left_out', { count: notes.left_out })}>{listed.map((file) => <li key={file}>{file}</li>)}</ul>}
    </>
  );
}
