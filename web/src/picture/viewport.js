// What is seen of the picture: fitted into the page, zoomed, moved, made brighter.

import { buffer } from 'ol/extent.js';
import { createLoader } from 'ol/source/static.js';
import ImageSource from 'ol/source/Image.js';
import Projection from 'ol/proj/Projection.js';
import View from 'ol/View.js';
import { clamp } from './geometry.js';

/** Pixels of the screen around a picture that fills it. */
const MARGIN_PX = 12;
/** A picture smaller than this is shown as the squares that it is made of. */
const SMOOTH_FROM_PX = 96;
/** The largest that one pixel of the picture is shown, in pixels of the screen. */
const MAGNIFY_MAX = 96;
/** How far beyond its edge a picture can be moved, as a share of its longer side. */
const BEYOND_SHARE = 0.25;
const BRIGHTNESS = { least: 0.4, most: 3, step: 0.2 };
/** The smallest that a whole picture is shown. */
const SMALLEST_PX = 64;
const STEP_PX = 60;

/** @typedef {{ x: number, y: number, zoom: number }} Place */

export class Viewport {
  brightness = 1;
  #map;
  #layer;
  #size = { width: 1, height: 1 };
  /** What was seen when a picture was fitted last. @type {{ center: number[], resolution: number } | null} */
  #fitted = null;
  /** What was seen when the picture came to rest last; null where it was all of it. @type {Place | null} */
  #seen = null;
  /** The one whose view is shown here too. @type {Viewport | null} */
  #leader = null;
  /** @type {Set<Viewport>} */
  #followers = new Set();

  /** @param {import('ol/Map.js').default} map @param {import('ol/layer/Image.js').default<any>} layer */
  constructor(map, layer) {
    this.#map = map;
    this.#layer = layer;
    map.on('change:size', () => this.#resized());
    map.on('moveend', () => (this.#seen = this.#place()));
  }

  /**
   * @param {import('../api/pictures.js').Picture} picture
   * @param {{ width: number, height: number }} size
   * @param {boolean} keepsView whether zoom and place stay as they were
   */
  show(picture, size, keepsView = false) {
    const place = keepsView ? this.#place() : null;
    this.#size = size;
    const extent = [0, 0, size.width, size.height];
    const projection = new Projection({ code: 'pixels', units: 'pixels', extent });
    this.#setPicture(picture, projection);
    if (this.#leader) return;
    const beyond = buffer(extent, Math.max(size.width, size.height) * BEYOND_SHARE);
    const view = { projection, extent: beyond, center: [size.width / 2, size.height / 2], resolution: 1, showFullExtent: true };
    const bounds = { minResolution: 1 / MAGNIFY_MAX, maxResolution: Math.max(size.width, size.height) / SMALLEST_PX, constrainResolution: false };
    this.#map.setView(new View({ ...view, ...bounds }));
    for (const follower of this.#followers) follower.#map.setView(this.#map.getView());
    this.fit();
    if (place) this.#goTo(place);
  }

  /** @param {import('../api/pictures.js').Picture} picture @param {Projection} projection */
  #setPicture(picture, projection) {
    const { width, height } = this.#size;
    const loader = createLoader({ url: '', imageExtent: [0, 0, width, height], load: async () => picture });
    const interpolate = Math.max(width, height) >= SMOOTH_FROM_PX;
    const source = new ImageSource({ projection, loader, interpolate });
    // Begun now, it is ready for the first frame, which else would show no picture.
    source.getImage([0, 0, width, height], 1, 1, projection)?.load();
    this.#layer.setSource(source);
  }

  /** Shows the same place of the picture as another one, at the same zoom, whichever of the two is moved. @param {Viewport} leader */
  follow(leader) {
    this.#leader = leader;
    leader.#followers.add(this);
    this.#map.setView(leader.#map.getView());
    this.#shine(leader.brightness);
  }

  /** Is in step with nobody any more. */
  leave() {
    if (this.#leader) this.#leader.#followers.delete(this);
    this.#leader = null;
    // A view holds on to the maps that show it.
    this.#map.setView(new View());
  }

  /** The page gives it another size: what was seen before stays. The library has moved the view by now. */
  #resized() {
    if (this.#leader) return;
    const place = this.#seen;
    this.fit();
    if (place) this.#goTo(place);
  }

  /** What is seen, in shares of the picture, so that it means something for one of another size; null where it is all of it. @returns {Place | null} */
  #place() {
    const view = this.#map.getView();
    const [center, resolution, fitted] = [view.getCenter(), view.getResolution(), this.#fitted];
    if (!fitted || !center || !resolution) return null;
    const distance = Math.hypot(center[0] - fitted.center[0], center[1] - fitted.center[1]);
    if (resolution === fitted.resolution && distance < resolution) return null;
    return { x: center[0] / this.#size.width, y: center[1] / this.#size.height, zoom: fitted.resolution / resolution };
  }

  /** @param {Place} place */
  #goTo({ x, y, zoom }) {
    const view = this.#map.getView();
    view.setResolution((this.#fitted?.resolution ?? 1) / zoom);
    view.setCenter([x * this.#size.width, y * this.#size.height]);
  }

  /** Shows nothing. */
  clear() {
    this.#layer.setSource(null);
  }

  /** @returns {void} */
  fit() {
    if (this.#leader) return this.#leader.fit();
    const padding = [MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX];
    const view = this.#map.getView();
    view.fit([0, 0, this.#size.width, this.#size.height], { padding });
    this.#fitted = { center: view.getCenter() ?? [0, 0], resolution: view.getResolution() ?? 1 };
  }

  /** @param {1 | -1} direction */
  zoom(direction) {
    this.#map.getView().adjustZoom(direction * 0.5);
  }

  /** @param {number} dx @param {number} dy in steps */
  pan(dx, dy) {
    const view = this.#map.getView();
    const step = STEP_PX * (view.getResolution() ?? 1);
    view.adjustCenter([dx * step, dy * step]);
  }

  /** @param {1 | -1 | 0} direction 0 goes back to the picture as it is */
  brighten(direction) {
    const { least, most, step } = BRIGHTNESS;
    const brightness = direction === 0 ? 1 : clamp(Math.round((this.brightness + direction * step) * 10) / 10, least, most);
    for (const one of [this, ...this.#followers]) one.#shine(brightness);
  }

  /** @param {number} brightness */
  #shine(brightness) {
    this.brightness = brightness;
    const element = /** @type {HTMLElement | null} */ (this.#map.getTargetElement()?.querySelector('.picture-layer'));
    if (element) element.style.filter = this.brightness === 1 ? '' : `brightness(${this.brightness})`;
  }
}
