// The tool in hand: draws the next figure, or a hole in the picked polygon, by pointer or by the cross that keys move.

import MultiPoint from 'ol/geom/MultiPoint.js';
import Polygon from 'ol/geom/Polygon.js';
import Draw from 'ol/interaction/Draw.js';
import Snap from 'ol/interaction/Snap.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorSource from 'ol/source/Vector.js';
import { BoxTool } from './box-tool.js';
import { Cross } from './cross.js';
import { inside } from './geometry.js';
import { sketchStyle } from './styles.js';

/** @typedef {import('../api/types.js').Shape} Shape */
/** @typedef {Shape | 'hole'} Tool */
/** @typedef {{ map: import('ol/Map.js').default, source: VectorSource, size: () => { width: number, height: number }, mayDraw: (event: any) => boolean, onStart: () => void, onDrawn: (tool: Tool, geometry: any) => void }} Options */

/** @type {Record<string, 'Polygon' | 'LineString' | 'Point'>} */
const TYPES = { polygon: 'Polygon', hole: 'Polygon', polyline: 'LineString', point: 'Point' };
/** How near to another figure's edge a corner sticks to it, in pixels of the screen. */
const SNAP_PX = 6;

export class Drawing {
  /** @type {Tool | null} */
  tool = null;
  #options;
  #sketch = new VectorSource();
  #box;
  #cross;
  /** @type {Draw | null} */
  #draw = null;
  /** @type {Snap | null} */
  #snap = null;
  #isSketching = false;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    const { map, size, mayDraw, onStart } = options;
    map.addLayer(new VectorLayer({ source: this.#sketch, style: sketchStyle, updateWhileInteracting: true, zIndex: 2 }));
    this.#cross = new Cross(map, size);
    this.#box = new BoxTool(this.#sketch, { size, mayDraw, onStart, onBox: (box) => options.onDrawn('rectangle', box) });
    this.#box.setActive(false);
    map.addInteraction(this.#box);
  }

  /** Whether a figure has been begun. */
  get isDrawing() {
    return this.#isSketching || this.#box.isDrawing;
  }

  get hasCross() {
    return this.#cross.isShown;
  }

  /** Where the cross is, in pixels of the picture from the top left. */
  get crossAt() {
    const [x, y] = this.#cross.at;
    return { x, y: this.#options.size().height - y };
  }

  /** @param {Tool | null} tool */
  take(tool) {
    if (tool === this.tool) return;
    this.abort();
    this.#cross.hide();
    this.tool = tool;
    this.#box.setActive(tool === 'rectangle');
    const { map } = this.#options;
    for (const interaction of [this.#draw, this.#snap]) if (interaction) map.removeInteraction(interaction);
    this.#draw = null;
    this.#snap = null;
    if (!tool || tool === 'rectangle') return;
    this.#draw = this.#newDraw(tool);
    map.addInteraction(this.#draw);
    if (tool === 'point') return;
    // The snapping comes last, so that it moves the pointer before the drawing sees it.
    this.#snap = new Snap({ source: this.#options.source, pixelTolerance: SNAP_PX });
    map.addInteraction(this.#snap);
  }

  abort() {
    this.#box.abort();
    this.#draw?.abortDrawing();
  }

  /** Takes back the last corner. @returns {boolean} whether there was one */
  stepBack() {
    if (!this.isDrawing) return false;
    if (this.#box.isDrawing) this.#box.abort();
    else this.#draw?.removeLastPoint();
    return true;
  }

  /** Completes an outline or a line. @returns {boolean} whether one had been begun */
  finish() {
    if (!this.isDrawing) return false;
    if (this.#box.isDrawing) {
      if (this.#cross.isShown) this.#box.place(this.#cross.at);
    } else this.#draw?.finishDrawing();
    return true;
  }

  showCross() {
    this.#cross.show();
  }

  /** Moves the cross. @param {number} dx @param {number} dy in pixels of the picture */
  moveCross(dx, dy) {
    const at = this.#cross.move(dx, dy);
    if (this.tool === 'rectangle') this.#box.reach(at);
  }

  /** Sets a corner where the cross is. */
  setPoint() {
    const at = inside(this.#cross.at, this.#options.size());
    if (this.tool === 'rectangle') this.#box.place(at);
    else if (this.tool === 'point') this.#options.onDrawn('point', new MultiPoint([at]));
    else this.#draw?.appendCoordinates([at]);
  }

  /** @param {Exclude<Tool, 'rectangle'>} tool */
  #newDraw(tool) {
    const { mayDraw, onStart, onDrawn } = this.#options;
    const draw = new Draw({ type: TYPES[tool], style: sketchStyle, condition: mayDraw, freehandCondition: () => false, stopClick: true });
    draw.on('drawstart', () => {
      this.#isSketching = true;
      onStart();
    });
    draw.on('drawabort', () => (this.#isSketching = false));
    draw.on('drawend', ({ feature }) => {
      this.#isSketching = false;
      const geometry = /** @type {any} */ (feature.getGeometry());
      if (tool === 'point') onDrawn(tool, new MultiPoint([geometry.getCoordinates()]));
      else if (isWhole(geometry)) onDrawn(tool, geometry);
    });
    return draw;
  }
}

/** Whether a line or an outline has as many corners as it needs. @param {any} geometry */
function isWhole(geometry) {
  const isPolygon = geometry instanceof Polygon;
  const points = isPolygon ? geometry.getCoordinates()[0].slice(1) : geometry.getCoordinates();
  const distinct = new Set(points.map(String)).size;
  return distinct >= (isPolygon ? 3 : 2);
}
