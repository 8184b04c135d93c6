// Which cells of a grid are in sight, so that only those are in the page.

/** The least width of a cell, in pixels. */
const CELL_PX = 108;
/** The height of a row with its gap, in pixels. */
export const ROW_PX = 88;
/** Rows drawn above and below those in sight. */
const SPARE_ROWS = 1;

/**
 * @param {{ count: number, width: number, height: number, top: number }} grid how many cells there are, and what is seen
 * @returns {{ columns: number, rows: number, from: number, to: number }} cells from `from` up to but without `to` are drawn
 */
export function inSight({ count, width, height, top }) {
  const columns = Math.max(1, Math.floor(width / CELL_PX));
  const rows = Math.ceil(count / columns);
  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS);
  const last = Math.ceil((top + height) / ROW_PX) + SPARE_ROWS;
  return { columns, rows, from: first * columns, to: Math.min(count, last * columns) };
}

/** How far to scroll so that a cell is in sight, with the row before and after it. @param {number} at @param {number} columns @param {{ height: number, top: number }} seen */
export function scrollTo(at, columns, { height, top }) {
  const start = Math.floor(at / columns) * ROW_PX;
  if (start - ROW_PX < top) return Math.max(0, start - ROW_PX);
  return Math.max(top, start + 2 * ROW_PX - height);
}
