// Which page is shown, by the path.

import { useEffect, useState } from 'preact/hooks';

/** @returns {[string, (path: string) => void]} the path, and how to go to another */
export function usePath() {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const changed = () => setPath(location.pathname);
    addEventListener('popstate', changed);
    return () => removeEventListener('popstate', changed);
  }, []);
  return [path, (next) => {
    if (next !== location.pathname) history.pushState(null, '', next);
    setPath(next);
  }];
}

/** Takes a sign-in code out of the address, so that it stays neither there nor in the history. @returns {string | null} */
export function takeSignInCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get('sign-in');
  if (code !== null) history.replaceState(null, '', location.pathname);
  return code;
}
