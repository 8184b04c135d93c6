// A dataset made from pictures or a manifest that the browser sends, or from a folder on the server.

import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem, passes } from '../../api/client.js';
import { importFolder, importManifest, importPictures } from '../../api/datasets.js';
import { newKey } from '../../api/keys.js';
import { text } from '../../texts/texts.js';
import { focusFirstFault } from '../parts/faults.js';
import { Link } from '../parts/link.jsx';
import { SelectField, TextField } from '../parts/field.jsx';
import { Title } from '../parts/title.jsx';
import { addressOfDataset } from '../place.js';
import { FilePicker } from './file-picker.jsx';
import { Outcome } from './outcome.jsx';
import { typeOfManifest, nameFromFile } from './manifest-file.js';
import { nameFromFolder, picturesOf } from './picture-files.js';
import { PicturesPicker } from './pictures-picker.jsx';

/** @typedef {import('../parts/faults.js').Fault} Fault */
/** @typedef {import('../../api/datasets.js').Trial} Trial */
/** @typedef {import('./outcome.jsx').Sending} Sending */

const SOURCES = /** @type {const} */ (['pictures', 'manifest', 'folder']);

/** @param {{ team: string, choice: any, onGo: (address: string) => void }} props */
export function NewDatasetPage({ team, choice, onGo }) {
  const [source, setSource] = useState(/** @type {typeof SOURCES[number]} */ ('pictures'));
  const [file, setFile] = useState(/** @type {File | null} */ (null));
  const [{ pictures, passedBy }, setPictures] = useState(() => picturesOf([]));
  const [{ name, base, folder }, setTexts] = useState({ name: '', base: '', folder: '' });
  const put = (/** @type {Partial<{ name: string, base: string, folder: string }>} */ next) => setTexts((texts) => ({ ...texts, ...next }));
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const { isBusy, sending, problem, trial, faults, run, stop } = useImport(form, onGo);

  /** @param {boolean} isTrial */
  const begin = (isTrial) => {
    if (isBusy) return;
    const own = ownFaults(name, source, { file, pictures, folder });
    const chosen = source === 'pictures' ? pictures.map((picture) => picture.file) : file ? [file] : [];
    const what = JSON.stringify([team, name, source, base, folder, isTrial, chosen.map((one) => [one.name, one.size, one.lastModified])]);
    run(own, isTrial, what, (options) => {
      if (source === 'folder') return importFolder({ team, name, folder, isTrial }, options);
      if (source === 'pictures') return importPictures({ team, name, isTrial, pictures }, options);
      const whole = /** @type {File} */ (file);
      return importManifest({ team, name, base, isTrial, file: whole, type: typeOfManifest(whole.name) ?? '' }, options);
    }, chosen.reduce((sum, { size }) => sum + size, 0));
  };
  const pick = (/** @type {File | null} */ picked) => {
    setFile(picked);
    if (picked && name.trim() === '') put({ name: nameFromFile(picked.name) });
  };
  const pickPictures = (/** @type {FileList | null} */ picked) => {
    const files = [...picked ?? []];
    setPictures(picturesOf(files));
    if (name.trim() === '') put({ name: nameFromFolder(files) });
  };
  return (
    <main id="main" class="calm wide">
      <Link to="/manage?datasets" onGo={onGo}>{text('datasets.back')}</Link>
      <Title>{text('datasets.new')}</Title>
      {choice}
      <form ref={form} class="fields" onSubmit={(event) => { event.preventDefault(); begin(false); }}>
        <SelectField label={text('datasets.source')} path="source" faults={[]} value={source} options={SOURCES} said={(one) => text(`datasets.source.${one}`)} onChange={setSource} />
        {source === 'pictures' && <PicturesPicker pictures={pictures} passedBy={passedBy} faults={faults} onPick={pickPictures} />}
        {source === 'manifest' && <FilePicker file={file} faults={faults} onPick={pick} />}
        {source === 'manifest' && <TextField label={text('datasets.base')} hint={text('datasets.base_hint')} path="base" faults={faults} value={base} onInput={(next) => put({ base: next })} />}
        {source === 'folder' && <TextField label={text('datasets.folder')} hint={text('datasets.folder_hint')} path="source" faults={faults} value={folder} onInput={(next) => put({ folder: next })} />}
        <TextField label={text('datasets.name')} path="name" faults={faults} most={200} value={name} onInput={(next) => put({ name: next })} />
        <Outcome isBusy={isBusy} sending={sending} problem={problem} trial={trial} />
        <div class="row">
          <button type="button" aria-disabled={!isBusy} onClick={stop}>{text('datasets.stop')}</button>
          <button type="button" aria-disabled={isBusy} onClick={() => begin(true)}>{text('datasets.check')}</button>
          <button type="submit" class="main" aria-disabled={isBusy}>{text('datasets.make')}</button>
        </div>
      </form>
    </main>
  );
}

/**
 * What can be said without the server.
 * @param {string} name @param {typeof SOURCES[number]} source
 * @param {{ file: File | null, pictures: import('./picture-files.js').Picture[], folder: string }} chosen
 * @returns {Fault[]}
 */
function ownFaults(name, source, { file, pictures, folder }) {
  const faults = [];
  if (source === 'pictures' && pictures.length === 0) faults.push({ field: 'file', message: text('datasets.no_pictures') });
  if (source === 'manifest' && file === null) faults.push({ field: 'file', message: text('datasets.no_file') });
  if (source === 'manifest' && file && typeOfManifest(file.name) === null) faults.push({ field: 'file', message: text('datasets.not_manifest') });
  if (source === 'folder' && folder.trim() === '') faults.push({ field: 'source.folder', message: text('form.needed') });
  if (name.trim() === '') faults.push({ field: 'name', message: text('form.needed') });
  return faults;
}

/**
 * An import under way: how much was sent, and what came of it.
 * @param {{ current: HTMLFormElement | null }} form @param {(address: string) => void} onGo
 */
function useImport(form, onGo) {
  const [isBusy, setBusy] = useState(false);
  const [sending, setSending] = useState(/** @type {Sending} */ (null));
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [trial, setTrial] = useState(/** @type {Trial | null} */ (null));
  const [own, setOwn] = useState(/** @type {Fault[]} */ ([]));
  /** The last import and its key: when no answer came, the same may have been imported already. */
  const sent = useRef({ what: '', key: '' });
  const under = useRef(/** @type {AbortController | null} */ (null));
  useEffect(() => () => under.current?.abort(), []);
  // Faults of lines are in the list below.
  const told = problem instanceof ApiProblem && Array.isArray(problem.document.errors) ? problem.document.errors : [];
  const faults = [...own, ...told.filter(({ line, index }) => line === undefined && index === undefined)];
  useEffect(() => void focusFirstFault(form.current), [own, problem]);

  /**
   * @param {Fault[]} before @param {boolean} isTrial @param {string} what is imported, as it is told from something else
   * @param {(options: { key: string, signal: AbortSignal, onProgress: (sent: number) => void }) => Promise<any>} send @param {number} all
   */
  const run = async (before, isTrial, what, send, all) => {
    setOwn(before);
    setProblem(null);
    setTrial(null);
    if (before.length > 0) return;
    if (sent.current.what !== what) sent.current = { what, key: newKey() };
    const abort = new AbortController();
    under.current = abort;
    setBusy(true);
    try {
      const made = await send({ key: sent.current.key, signal: abort.signal, onProgress: (bytes) => setSending({ sent: bytes, all }) });
      if (isTrial) setTrial(made);
      else onGo(addressOfDataset(made.id));
    } catch (error) {
      // What the server has refused is another request when it is sent again.
      if (!passes(error)) sent.current = { what: '', key: '' };
      if (!abort.signal.aborted) setProblem(error);
    } finally {
      setBusy(false);
      setSending(null);
    }
  };
  return { isBusy, sending, problem, trial, faults, run, stop: () => under.current?.abort() };
}
