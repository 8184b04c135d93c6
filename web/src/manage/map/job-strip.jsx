// A job of the board as a strip, from its first range to its last. Only what is in sight is asked for.

import { useEffect, useRef, useState } from 'preact/hooks';
import { coverage } from '../../api/manage.js';
import { aboutJob } from '../../live/about.js';
import { Strip, wordsOf } from '../strip.jsx';
import { usePolled } from '../use-polled.js';
import { Stretches } from './stretches.jsx';

/** @typedef {import('../../api/types.js').JobSummary} JobSummary */

const STRETCHES = 60;
/** How long a strip is in sight before it is asked for: who scrolls past it does not look at it. */
const REST_MS = 150;
/** Between two looks at a strip: there are many on a board. */
const PAUSE_MS = 5_000;

/** @param {{ job: JobSummary }} props */
export function JobStrip({ job }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    let timer = 0;
    const watch = new IntersectionObserver((entries) => {
      clearTimeout(timer);
      // Several entries are one after the other, and the last one holds.
      if (entries.at(-1)?.isIntersecting) timer = setTimeout(() => setSeen(true), REST_MS);
      else setSeen(false);
    });
    if (place.current) watch.observe(place.current);
    return () => {
      clearTimeout(timer);
      watch.disconnect();
    };
  }, []);
  return <div ref={place} class="job-strip">{isSeen ? <SeenStrip job={job} /> : <Strip states={job.progress} />}</div>;
}

/** @param {{ job: JobSummary }} props */
function SeenStrip({ job }) {
  // Without an answer the numbers of the list are shown.
  const { told: map } = usePolled(() => coverage(job.id, null, STRETCHES), [job.id], () => {}, aboutJob(job.id), PAUSE_MS);
  if (map === null) return <Strip states={job.progress} />;
  const words = wordsOf(job.progress);
  return <div class="map" role="img" aria-label={words} title={words}><Stretches buckets={map.buckets} /></div>;
}
