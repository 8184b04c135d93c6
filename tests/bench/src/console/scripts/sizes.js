// The sizes of the console's scripts and styles, before compression: those that hold the library of the picture or need a
// script that does, those of the manager's pages, and all others.

const LIBRARY = 'ol-viewport';
/** An address that only the manager's pages know. */
const MANAGING = '/manage?datasets';
const NAME = '"(?:\\./|/console/)([\\w-]+\\.js)"';

const names = (text, before) => [...text.matchAll(new RegExp(before + NAME, 'g'))].map(([, name]) => name);

async function read(name, files) {
  if (files.has(name)) return;
  const text = await (await fetch(`/console/${name}`)).text();
  const needs = names(text, '(?:from|import)\\s*');
  files.set(name, { bytes: new TextEncoder().encode(text).length, needs, hasLibrary: text.includes(LIBRARY), isManaging: text.includes(MANAGING) });
  for (const other of [...needs, ...names(text, 'import\\(\\s*')]) await read(other, files);
}

async function measure() {
  const page = await (await fetch('/')).text();
  const files = new Map();
  for (const [, name] of page.matchAll(/\/console\/([\w-]+\.(?:js|css))/g)) await read(name, files);
  const isPicture = ({ hasLibrary, needs }) => hasLibrary || needs.some((name) => isPicture(files.get(name)));
  const kindOf = (file) => (isPicture(file) ? 'picture' : file.isManaging ? 'managing' : 'other');
  const bytes = (kind) => [...files.values()].filter((file) => kindOf(file) === kind).reduce((sum, file) => sum + file.bytes, 0);
  const sizes = ['other', 'managing', 'picture'].map(bytes);
  if (sizes.includes(0)) throw new Error(`no script holds the picture, or the manager's pages: ${[...files.keys()]}`);
  return [...sizes, files.size];
}

tell(measure());
