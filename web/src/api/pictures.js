// Pictures, loaded and decoded before they are needed.

import { upright } from './exif.js';

/** A picture that can be drawn. @typedef {ImageBitmap | HTMLImageElement} Picture */

/**
 * A bitmap is drawn without being decoded again, and takes four bytes for each pixel. Pictures of more pixels stay images, which
 * the browser keeps as it sees fit.
 */
const BITMAP_PIXELS_MOST = 16_000_000;

export class Pictures {
  /** @type {Map<string, Promise<Picture>>} by URL */
  #loads = new Map();

  /**
   * Keeps these pictures, in the order in which they are needed, and forgets all others.
   * @param {import('./types.js').Item[]} items
   */
  keep(items) {
    const wanted = new Set(items.map((item) => item.media_url));
    for (const url of this.#loads.keys()) if (!wanted.has(url)) this.#loads.delete(url);
    for (const item of items) if (item.media_url) this.get(item).catch(() => {});
  }

  /** @param {import('./types.js').Item} item @returns {Promise<Picture>} */
  get(item) {
    const url = item.media_url;
    if (!url) return Promise.reject(new Error('the picture has no address'));
    const known = this.#loads.get(url);
    if (known) return known;
    const loading = load(url, item).then(asBitmap);
    this.#loads.set(url, loading);
    loading.catch(() => this.#loads.delete(url));
    return loading;
  }
}

/** @param {Picture} picture @returns {{ width: number, height: number }} in its own pixels */
export function sizeOf(picture) {
  if (picture instanceof ImageBitmap) return { width: picture.width, height: picture.height };
  return { width: picture.naturalWidth, height: picture.naturalHeight };
}

/** The browser would show the picture turned, and cannot be kept from it. */
export class Turned extends Error {}

/** @param {HTMLImageElement} image @returns {Promise<Picture>} */
async function asBitmap(image) {
  const isSmall = image.naturalWidth * image.naturalHeight <= BITMAP_PIXELS_MOST;
  return isSmall ? createImageBitmap(image).catch(() => image) : image;
}

/** @param {string} url @param {import('./types.js').Item} item @returns {Promise<HTMLImageElement>} */
export async function load(url, item) {
  const bytes = url.startsWith('data:') ? blobOf(url) : await fetched(url);
  const shown = bytes && item.as_stored ? await upright(bytes) : bytes;
  const address = shown ? URL.createObjectURL(shown) : url;
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const isTurned = image.naturalWidth !== image.naturalHeight
      && image.naturalWidth === item.height && image.naturalHeight === item.width;
    if (isTurned && item.as_stored) throw new Turned();
    return image;
  } finally {
    if (bytes) URL.revokeObjectURL(address);
  }
}

/** The picture's bytes, where its server lets a page read them: others it can only show. @param {string} url @returns {Promise<Blob | null>} */
async function fetched(url) {
  if (new URL(url, location.href).origin !== location.origin) return null;
  try {
    const response = await fetch(url);
    return response.ok ? await response.blob() : null;
  } catch {
    // It was sent on to the object store, from which pages do not read.
    return null;
  }
}

/** The bytes of a `data:` URL: the page's policy lets pictures come from blobs, but not from such URLs. @param {string} url */
export function blobOf(url) {
  const [head, body] = url.slice('data:'.length).split(/,(.*)/s);
  const [type, ...options] = head.split(';');
  const text = options.includes('base64') ? atob(decodeURIComponent(body)) : decodeURIComponent(body);
  return new Blob([Uint8Array.from(text, (letter) => letter.charCodeAt(0))], { type });
}
