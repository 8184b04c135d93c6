// A picture and its figures for reading: they can be picked and hidden, and are never changed.

export { Stage as Viewer } from './stage.js';
