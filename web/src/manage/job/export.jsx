// The export of a job, with its progress, saved as a file by the browser.

import { useEffect, useRef, useState } from 'preact/hooks';
import { EXPORT_BYTES_MAX, exportOf, TooLarge } from '../../api/exports.js';
import { text } from '../../texts/texts.js';
import { bytes } from '../parts/bytes.js';
import { fileName } from './file-name.js';
import { SelectField } from '../parts/field.jsx';
import { messageOf } from '../parts/use-act.js';

/** @typedef {import('../../api/exports.js').Choice} Choice */

/** @type {import('../../api/exports.js').Format[]} */
const FORMATS = ['jsonl', 'coco', 'supervisely'];

/** @param {import('../job-page.jsx').PartProps} props */
export function Export({ job }) {
  const [choice, setChoice] = useState(/** @type {Choice} */ ({ format: 'jsonl', isEverything: false, isLossy: false }));
  const put = (/** @type {Partial<Choice>} */ next) => setChoice((now) => ({ ...now, ...next }));
  const { progress, said, fault, start, stop } = useExport(job);
  const isBusy = progress !== null;
  return (
    <form class="fields" onSubmit={(event) => { event.preventDefault(); if (!isBusy) void start(choice); }}>
      <p>{text('export.accepted', { count: job.progress.accepted })}</p>
      <SelectField label={text('export.format')} path="format" faults={[]} value={choice.format} options={FORMATS} said={(one) => text(`export.${one}`)}
        onChange={(format) => put({ format, isEverything: choice.isEverything && format === 'jsonl' })} />
      {choice.format === 'jsonl' && (
        <label class="check"><input type="checkbox" checked={choice.isEverything} onChange={(event) => put({ isEverything: event.currentTarget.checked })} />{text('export.everything')}</label>
      )}
      {choice.format !== 'jsonl' && (
        <label class="check"><input type="checkbox" checked={choice.isLossy} onChange={(event) => put({ isLossy: event.currentTarget.checked })} />{text('export.lossy')}</label>
      )}
      {progress && <Progress progress={progress} all={choice.format === 'jsonl' && !choice.isEverything ? job.progress.accepted : 0} />}
      {fault && <p class="warning" role="alert">{fault}</p>}
      <div class="row">
        <span role="status">{said}</span>
        <button type="button" aria-disabled={!isBusy} onClick={stop}>{text('export.stop')}</button>
        <button type="submit" class="main" aria-disabled={isBusy}>{text('export.start')}</button>
      </div>
    </form>
  );
}

/** @param {{ progress: { bytes: number, items: number }, all: number }} props with the number of items, where it is known */
function Progress({ progress, all }) {
  const known = all > 0 ? { value: Math.min(progress.items, all), max: all } : {};
  return (
    <div class="progress">
      <progress aria-label={text('job.part.export')} {...known} />
      <p>{text('export.came', { bytes: bytes(progress.bytes) })}</p>
    </div>
  );
}

/** @param {import('../job-page.jsx').ManagedJob} job */
function useExport(job) {
  const [progress, setProgress] = useState(/** @type {{ bytes: number, items: number } | null} */ (null));
  const [said, setSaid] = useState('');
  const [fault, setFault] = useState('');
  const under = useRef(/** @type {AbortController | null} */ (null));
  useEffect(() => () => under.current?.abort(), []);
  /** @param {Choice} choice */
  const start = async (choice) => {
    const abort = new AbortController();
    under.current = abort;
    setSaid('');
    setFault('');
    setProgress({ bytes: 0, items: 0 });
    try {
      const { file, ending } = await exportOf(job.id, choice, { signal: abort.signal, onProgress: (came, items) => setProgress({ bytes: came, items }) });
      const name = fileName(job.title, ending);
      save(file, name);
      setSaid(text('export.done', { name, bytes: bytes(file.size) }));
    } catch (error) {
      if (error instanceof TooLarge) setFault(text('export.too_large', { bytes: bytes(EXPORT_BYTES_MAX) }));
      else if (!abort.signal.aborted) setFault(messageOf(error));
    } finally {
      setProgress(null);
    }
  };
  return { progress, said, fault, start, stop: () => under.current?.abort() };
}

/** Has the browser keep a file. @param {Blob} file @param {string} name */
function save(file, name) {
  const address = URL.createObjectURL(file);
  Object.assign(document.createElement('a'), { href: address, download: name }).click();
  // The browser has taken it over once the click is through.
  setTimeout(() => URL.revokeObjectURL(address));
}
