/** What an item is called: the last step of its URI. @param {string} uri */
export function nameOfItem(uri) {
  if (uri.startsWith('data:')) return uri.split(/[;,]/, 1)[0];
  const path = uri.replace(/[?#].*$/s, '').replace(/\/+$/, '');
  const last = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    // A name that only looks encoded.
    return last;
  }
}
