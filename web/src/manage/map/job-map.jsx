// The map of a job: its ranges from first to last, stretch by stretch, each coloured by the states of its items. One looks closer at
// a stretch until it is a single range, whose assignments the list below then shows.

import { useRef, useState } from 'preact/hooks';
import { coverage } from '../../api/manage.js';
import { aboutJob } from '../../live/about.js';
import { text } from '../../texts/texts.js';
import { addressOfJob } from '../place.js';
import { Link } from '../parts/link.jsx';
import { usePolled } from '../use-polled.js';
import { closer, isClosest, rangesOf, sharesOf } from './stretches.js';
import { Stretches } from './stretches.jsx';

/** @typedef {import('../../api/types.js').Coverage} Coverage */

/** More are thinner than can be told apart on a narrow screen. */
const STRETCHES = 120;

/** @param {{ job: import('../../api/types.js').ManagedJob, onGo: (address: string) => void, onFailed: (error: unknown) => void }} props */
export function JobMap({ job, onGo, onFailed }) {
  /** What is looked at, from the whole job inwards. */
  const [zooms, setZooms] = useState(/** @type {[number, number][]} */ ([]));
  /** The range that is pointed at: who looks closer still points at it. */
  const [range, setRange] = useState(0);
  const zoom = zooms.at(-1) ?? null;
  const { told } = usePolled(() => coverage(job.id, zoom, STRETCHES), [job.id, zoom?.[0], zoom?.[1]], onFailed, aboutJob(job.id));
  /** It stays until the next one is there, and so does the focus on it. */
  const last = useRef(told);
  last.current = told ?? last.current;
  const map = last.current;
  if (map === null) return <div class="map" aria-hidden="true" />;
  const at = Math.min(Math.max(0, Math.floor((range - map.from) / map.width)), map.buckets.length - 1);
  const [first] = rangesOf(map, at);
  const point = (/** @type {number} */ to) => setRange(rangesOf(map, to)[0]);
  const zoomIn = (/** @type {number} */ to) => {
    if (told === null) return;
    point(to);
    setZooms([...zooms, closer(map, to)]);
  };
  const zoomOut = () => setZooms(zooms.slice(0, -1));
  return (
    <section class="job-map">
      <Bar map={map} isBusy={told === null} at={at} onAt={point} onOut={zoomOut}
        onIn={isClosest(map) ? (to) => onGo(addressOfJob(job.id, { range: String(rangesOf(map, to)[0]) })) : zoomIn} />
      <p>{wordsOf(map, at)}</p>
      <div class="row">
        {!isClosest(map) && <button type="button" onClick={() => zoomIn(at)}>{text('map.closer')}</button>}
        {zooms.length > 0 && <button type="button" onClick={zoomOut}>{text('map.back')}</button>}
        {isClosest(map) && <Link to={addressOfJob(job.id, { range: String(first) })} onGo={onGo} class="button">{text('map.assignments')}</Link>}
      </div>
    </section>
  );
}

/**
 * The stretches beside each other: arrows go from one to the next, Enter looks closer, Escape goes back.
 * @param {{ map: Coverage, isBusy: boolean, at: number, onAt: (at: number) => void, onIn: (at: number) => void, onOut: () => void }} props
 */
function Bar({ map, isBusy, at, onAt, onIn, onOut }) {
  const last = map.buckets.length - 1;
  const isReversed = document.documentElement.dir === 'rtl';
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const step = event.shiftKey ? 10 : 1;
    const [on, back] = isReversed ? ['ArrowLeft', 'ArrowRight'] : ['ArrowRight', 'ArrowLeft'];
    /** @type {Record<string, () => void>} */
    const keys = {
      [on]: () => onAt(Math.min(last, at + step)),
      [back]: () => onAt(Math.max(0, at - step)),
      Home: () => onAt(0),
      End: () => onAt(last),
      Enter: () => onIn(at),
      Escape: onOut,
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  };
  const placeOf = (/** @type {Event} */ event) => {
    const stretch = /** @type {HTMLElement} */ (event.target).closest('[data-at]');
    return stretch instanceof HTMLElement ? Number(stretch.dataset.at) : null;
  };
  return (
    <div class="map" role="slider" tabIndex={0} aria-label={text('map.name')} aria-valuemin={0} aria-valuemax={last} aria-valuenow={at}
      aria-valuetext={wordsOf(map, at)} aria-busy={isBusy} onKeyDown={onKeyDown}
      onPointerMove={(event) => onAt(placeOf(event) ?? at)} onClick={(event) => onIn(placeOf(event) ?? at)}>
      <Stretches buckets={map.buckets} here={at} />
    </div>
  );
}

/** Which ranges a stretch spans, counted from 1 as in the list below, and what is in it. @param {Coverage} map @param {number} at */
function wordsOf(map, at) {
  const [first, end] = rangesOf(map, at);
  const name = end - first === 1 ? text('map.range', { range: end }) : text('map.ranges', { first: first + 1, last: end });
  return text('map.stretch', { name, states: sharesOf(map.buckets[at]).map(({ state, count }) => text(`map.${state}`, { count })).join(', ') });
}
