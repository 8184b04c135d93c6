// Which files can be sent as manifests.

/** The type of a manifest by the ending of its file, or nothing where it is none. @param {string} name */
export function typeOfManifest(name) {
  const ending = /\.(\w+)$/.exec(name.toLowerCase())?.[1] ?? '';
  if (ending === 'jsonl' || ending === 'ndjson') return 'application/x-ndjson';
  return ending === 'csv' ? 'text/csv' : null;
}

/** A name for a dataset, from that of its file. @param {string} name */
export function nameFromFile(name) {
  return name.replace(/\.\w+$/, '').slice(0, 200);
}
