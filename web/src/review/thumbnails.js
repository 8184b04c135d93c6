// Small pictures for the grid. Few are loaded at a time, so that the large picture never waits for them.

import { load } from '../api/pictures.js';

/** @typedef {import('../api/types.js').Item} Item */

/** The longer side, in pixels. */
const SIDE_PX = 224;
const LOADS_MOST = 2;
/** Small pictures that are kept. */
const KEPT_MOST = 200;

export class Thumbnails {
  /** By item, the one used last at the end. @type {Map<number, Promise<ImageBitmap>>} */
  #kept = new Map();
  #loading = 0;
  /** The newest request is served first: it is what the person looks at. @type {(() => void)[]} */
  #waiting = [];

  /** @param {Item} item @param {AbortSignal} signal for when it is out of sight @returns {Promise<ImageBitmap>} */
  get(item, signal) {
    const known = this.#kept.get(item.index);
    const bitmap = known ?? this.#make(item, signal);
    this.#kept.delete(item.index);
    this.#kept.set(item.index, bitmap);
    if (!known) {
      bitmap.catch(() => this.#kept.delete(item.index));
      this.#forgetOldest();
    }
    return bitmap;
  }

  close() {
    for (const bitmap of this.#kept.values()) bitmap.then((one) => one.close(), () => {});
    this.#kept.clear();
  }

  /** @param {Item} item @param {AbortSignal} signal */
  async #make(item, signal) {
    if (this.#loading >= LOADS_MOST) await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
    this.#loading++;
    try {
      signal.throwIfAborted();
      if (!item.media_url) throw new Error('the picture has no address');
      const picture = await load(item.media_url, item);
      const scale = SIDE_PX / Math.max(picture.naturalWidth, picture.naturalHeight, 1);
      const resizeWidth = Math.max(1, Math.round(picture.naturalWidth * scale));
      const resizeHeight = Math.max(1, Math.round(picture.naturalHeight * scale));
      return await createImageBitmap(picture, { resizeWidth, resizeHeight, resizeQuality: 'medium' });
    } finally {
      this.#loading--;
      this.#waiting.pop()?.();
    }
  }

  #forgetOldest() {
    for (const [index, bitmap] of this.#kept) {
      if (this.#kept.size <= KEPT_MOST) return;
      this.#kept.delete(index);
      bitmap.then((one) => one.close(), () => {});
    }
  }
}
