// One item in small: its picture with the outlines of its figures.

import { useEffect, useRef } from 'preact/hooks';
import { classColour } from '../picture/colours.js';

/** @typedef {import('../api/types.js').Figure} Figure */
/** @typedef {import('../api/types.js').Item} Item */

/** More figures than these say nothing in small. */
const FIGURES_MOST = 200;
const LINE_PX = 2;
const POINT_PX = 3;

/** @param {{ item: Item, classes: import('../api/types.js').LabelClass[], thumbnails: import('./thumbnails.js').Thumbnails, attempt: number }} props */
export function Thumbnail({ item, classes, thumbnails, attempt }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useEffect(() => {
    const leaving = new AbortController();
    thumbnails.get(item, leaving.signal).then((bitmap) => {
      if (canvas.current && !leaving.signal.aborted) draw(canvas.current, bitmap, item, classes);
    }, () => {});
    return () => leaving.abort();
  }, [item.index, item.media_url, attempt]);
  return <canvas ref={canvas} width="1" height="1" aria-hidden="true" />;
}

/** @param {HTMLCanvasElement} canvas @param {ImageBitmap} bitmap @param {Item} item @param {import('../api/types.js').LabelClass[]} classes */
function draw(canvas, bitmap, item, classes) {
  Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
  const context = canvas.getContext('2d');
  if (!context) return;
  context.drawImage(bitmap, 0, 0);
  const scale = bitmap.width / (item.width ?? bitmap.width);
  context.lineWidth = LINE_PX;
  for (const figure of item.annotation?.figures.slice(0, FIGURES_MOST) ?? []) {
    const colour = classColour(classes.findIndex((one) => one.name === figure.class));
    Object.assign(context, { strokeStyle: colour, fillStyle: colour });
    outline(context, figure, scale);
  }
}

/** @param {CanvasRenderingContext2D} context @param {Figure} figure @param {number} scale */
function outline(context, { shape, geometry }, scale) {
  /** @param {[number, number][]} points */
  const line = (points) => {
    for (const [at, [x, y]] of points.entries()) at === 0 ? context.moveTo(x * scale, y * scale) : context.lineTo(x * scale, y * scale);
  };
  context.beginPath();
  if ('width' in geometry) {
    context.rect(geometry.x * scale, geometry.y * scale, geometry.width * scale, geometry.height * scale);
  } else if ('exterior' in geometry) {
    for (const ring of [geometry.exterior, ...(geometry.interior ?? [])]) line([...ring, ring[0]]);
  } else if (shape === 'polyline') {
    line(geometry.points);
  } else {
    for (const [x, y] of geometry.points) context.fillRect(x * scale - POINT_PX, y * scale - POINT_PX, 2 * POINT_PX, 2 * POINT_PX);
  }
  context.stroke();
}
