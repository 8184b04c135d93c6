// Which page is shown, by the address.

import { useEffect, useState } from 'preact/hooks';

/** @returns {[{ path: string, query: string }, (address: string) => void]} where one is, and how to go elsewhere: to a path, perhaps with a query */
export function useAddress() {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const changed = () => setPlace(here());
    addEventListener('popstate', changed);
    return () => removeEventListener('popstate', changed);
  }, []);
  return [place, (next) => {
    if (next !== location.pathname + location.search) history.pushState(null, '', next);
    setPlace(here());
  }];
}

function here() {
  return { path: location.pathname, query: location.search };
}

/** What stands behind the `#` of links that are good once. @typedef {'sign-in' | 'invitation'} CodeName */

/** Takes a code out of the address, so that it stays neither there nor in the history. @param {CodeName} name @returns {string | null} */
export function takeCode(name) {
  const code = new URLSearchParams(location.hash.slice(1)).get(name);
  if (code !== null) history.replaceState(null, '', location.pathname + location.search);
  return code;
}
