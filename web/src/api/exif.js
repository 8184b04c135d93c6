// A JPEG as it is stored: its EXIF data may tell a browser to turn it, but labels of older datasets count the pixels of the
// stored picture.

const MARKER = { start: 0xffd8, exif: 0xffe1, scan: 0xffda };
const ORIENTATION = 0x0112;
const UPRIGHT = 1;
/** Bytes of an entry of a directory of TIFF, and of the count before its entries. */
const ENTRY_BYTES = 12;
const COUNT_BYTES = 2;
/** EXIF data stands at the beginning. */
const HEAD_BYTES = 256 * 1024;

/** The picture without the word to turn it. @param {Blob} blob @returns {Promise<Blob>} */
export async function upright(blob) {
  const head = await blob.slice(0, HEAD_BYTES).arrayBuffer();
  const view = new DataView(head);
  const at = orientationPlace(view);
  if (at === null || view.getUint16(at.offset, at.isLittle) === UPRIGHT) return blob;
  view.setUint16(at.offset, UPRIGHT, at.isLittle);
  return new Blob([head, blob.slice(HEAD_BYTES)], { type: blob.type });
}

/** Where the orientation stands. @param {DataView} view @returns {{ offset: number, isLittle: boolean } | null} */
function orientationPlace(view) {
  try {
    const tiff = tiffPlace(view);
    return tiff === null ? null : entryPlace(view, tiff);
  } catch (error) {
    // What is cut off says nothing.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Goes from segment to segment up to the EXIF data. @param {DataView} view @returns {number | null} */
function tiffPlace(view) {
  if (view.getUint16(0) !== MARKER.start) return null;
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker < 0xff00 || marker === MARKER.scan) return null;
    const isExif = marker === MARKER.exif && view.getUint32(at + 4) === 0x45786966;
    if (isExif) return at + 10;
  }
}

/** @param {DataView} view @param {number} tiff */
function entryPlace(view, tiff) {
  const isLittle = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, isLittle);
  const count = view.getUint16(directory, isLittle);
  for (let entry = 0; entry < count; entry++) {
    const at = directory + COUNT_BYTES + entry * ENTRY_BYTES;
    if (view.getUint16(at, isLittle) === ORIENTATION) return { offset: at + 8, isLittle };
  }
  return null;
}
