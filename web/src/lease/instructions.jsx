// What to look out for: beside the picture, and out of the way for those who know it.

import { useEffect, useState } from 'preact/hooks';
import { textsOf } from '../api/jobs.js';
import { text } from '../texts/texts.js';
import { Markdown } from './markdown.jsx';

/** Where this browser keeps the job whose instructions were closed last. */
const CLOSED = 'swath.instructions.closed';

/** @param {{ lease: import('../api/types.js').Lease }} props */
export function Instructions({ lease }) {
  const texts = useTexts(lease.job.id);
  /** @param {HTMLDetailsElement} details */
  const remember = ({ open }) => localStorage.setItem(CLOSED, open ? '' : lease.job.id);
  const parts = [
    { html: texts?.instructions_html, plain: lease.assignment.instructions },
    { html: texts?.description_html, plain: lease.job.description },
  ].filter(({ html, plain }) => html || plain);
  return (
    <details open={localStorage.getItem(CLOSED) !== lease.job.id} onToggle={(event) => remember(event.currentTarget)}>
      <summary>{text('instructions.title')}</summary>
      <div class="instructions" tabIndex={0} role="group" aria-label={text('instructions.title')}>
        {texts && parts.map(({ html, plain }, at) => (html ? <Markdown key={at} html={html} /> : <p key={at} class="prose plain">{plain}</p>))}
        {parts.length === 0 && <p class="quiet">{text('instructions.none')}</p>}
      </div>
    </details>
  );
}

/** What the job says; empty where the server does not tell it, and null while it is being asked. @param {string} job */
function useTexts(job) {
  const [texts, setTexts] = useState(/** @type {import('../api/jobs.js').JobTexts | null} */ (null));
  useEffect(() => {
    let isOver = false;
    // Without an answer the lease's plain text is shown.
    textsOf(job).then((found) => !isOver && setTexts(found), () => !isOver && setTexts({}));
    return () => void (isOver = true);
  }, [job]);
  return texts;
}
