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

/** Takes a sign-in code out of the address, so that it stays neither there nor in the history. @returns {string | null} */
export function takeSignInCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get('sign-in');
  if (code !== null) history.replaceState(null, '', location.pathname + location.search);
  return code;
}
