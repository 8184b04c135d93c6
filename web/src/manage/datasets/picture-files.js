// Which of the files that somebody chose are pictures, under which names, and in which order.

/** @typedef {{ name: string, file: File }} Picture */

/** Endings of what the server takes; it looks at the content itself. */
const ENDINGS = new Set(['jpg', 'jpeg', 'png', 'gif', 'webp', 'bmp']);
/** As people count: `frame2.png` before `frame10.png`. */
const ORDER = new Intl.Collator('en', { numeric: true });

/**
 * @param {Iterable<File>} files
 * @returns {{ pictures: Picture[], passedBy: number }} with how many were none
 */
export function picturesOf(files) {
  const all = [...files].map((file) => ({ name: nameOf(file), file }));
  const pictures = all.filter(({ name }) => !isHidden(name) && ENDINGS.has(/\.(\w+)$/.exec(name.toLowerCase())?.[1] ?? ''));
  pictures.sort((one, other) => ORDER.compare(one.name, other.name));
  return { pictures, passedBy: all.length - pictures.length };
}

/** The path within a folder that was chosen, else the name of the file. @param {File} file */
function nameOf(file) {
  const path = file.webkitRelativePath;
  return path ? path.slice(path.indexOf('/') + 1) : file.name;
}

/** @param {string} name */
function isHidden(name) {
  return name.split('/').some((step) => step.startsWith('.'));
}

/** A name for a dataset: that of the folder. @param {Iterable<File>} files */
export function nameFromFolder(files) {
  const [first] = files;
  return (first?.webkitRelativePath ?? '').split('/')[0].slice(0, 200);
}
