// A text that was written in Markdown.

import { useEffect, useRef } from 'preact/hooks';

/**
 * The server made this HTML from Markdown and made it safe: it holds no scripts, no styles, and pictures from Swath alone. It
 * is the only HTML that the console takes over as it is, and this is the only place where it does.
 * @param {{ html: string }} props
 */
export function Markdown({ html }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    // A link that opened in this tab would take the picture away.
    for (const link of place.current?.querySelectorAll('a') ?? []) Object.assign(link, { target: '_blank', rel: 'noopener noreferrer' });
  }, [html]);
  return <div ref={place} class="prose" dangerouslySetInnerHTML={{ __html: html }} />;
}
