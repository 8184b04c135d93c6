// A page that is loaded when it is opened.

import { useEffect, useState } from 'preact/hooks';
import { text } from '../texts/texts.js';

/** @typedef {import('./shell.jsx').PageProps} PageProps */
/** @typedef {(props: PageProps) => any} Page */

/** @param {{ load: () => Promise<{ Page: Page }>, props: PageProps }} props */
export function LazyPage({ load, props }) {
  const [Loaded, setLoaded] = useState(/** @type {Page | 'failed' | null} */ (null));
  useEffect(() => {
    load().then(({ Page }) => setLoaded(() => Page), () => setLoaded('failed'));
  }, []);
  if (Loaded === null) return <main id="main" />;
  if (Loaded !== 'failed') return <Loaded {...props} />;
  // The network is away, or the server has been renewed and knows the files of this page no more.
  return (
    <main id="main" class="calm">
      <p role="alert">{text('app.not_loaded')}</p>
      <button type="button" class="main" onClick={() => location.reload()}>{text('app.reload')}</button>
    </main>
  );
}
