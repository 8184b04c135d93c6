// Pictures chosen in the browser: some files, or a folder with all that is in it.

import { text } from '../../texts/texts.js';
import { bytes } from '../parts/bytes.js';
import { Field } from '../parts/field.jsx';

/** @typedef {import('./picture-files.js').Picture} Picture */

/**
 * @param {{ pictures: Picture[], passedBy: number, faults: import('../parts/faults.js').Fault[],
 *   onPick: (files: FileList | null) => void }} props
 */
export function PicturesPicker({ pictures, passedBy, faults, onPick }) {
  const size = pictures.reduce((sum, { file }) => sum + file.size, 0);
  return (
    <>
      <Field label={text('datasets.pictures')} hint={text('datasets.pictures_hint')} path="file" faults={faults}>
        {(attributes) => <input {...attributes} type="file" multiple accept="image/*" onChange={(event) => onPick(event.currentTarget.files)} />}
      </Field>
      <Field label={text('datasets.whole_folder')} path="folder" faults={[]}>
        {(attributes) => <input {...attributes} type="file" {...{ webkitdirectory: true }} onChange={(event) => onPick(event.currentTarget.files)} />}
      </Field>
      {pictures.length > 0 && <p role="status">{text('datasets.chosen', { count: pictures.length, size: bytes(size) })}</p>}
      {passedBy > 0 && <p class="quiet">{text('datasets.passed_by', { count: passedBy })}</p>}
    </>
  );
}
