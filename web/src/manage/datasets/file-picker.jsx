// A manifest chosen in the browser, from a dialog or by dropping it.

import { text } from '../../texts/texts.js';
import { bytes } from '../parts/bytes.js';
import { Field } from '../parts/field.jsx';

/** @param {{ file: File | null, faults: import('../parts/faults.js').Fault[], onPick: (file: File | null) => void }} props */
export function FilePicker({ file, faults, onPick }) {
  return (
    <Field label={text('datasets.file')} hint={text('datasets.file_hint')} path="file" faults={faults}>
      {(attributes) => (
        <>
          <input {...attributes} type="file" accept=".jsonl,.ndjson,.csv" onChange={(event) => onPick(event.currentTarget.files?.[0] ?? null)} />
          {file && <p class="quiet"><bdi>{file.name}</bdi> · {bytes(file.size)}</p>}
        </>
      )}
    </Field>
  );
}
