// A page that is loaded when it is opened.

import { useEffect, useState } from 'preact/hooks';
import { text } from '../texts/texts.js';

/** @template P @typedef {(props: P) => any} PageOf */

/** @template P @param {{ load: () => Promise<{ Page: PageOf<P> }>, props: P }} props */
export function LazyPage({ load, props }) {
  const [Loaded, setLoaded] = useState(/** @type {PageOf<any> | 'failed' | null} */ (null));
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
