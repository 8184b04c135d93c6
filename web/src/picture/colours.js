// A colour for each class, told apart by most colour-blind people: Okabe and Ito's palette, then others.

const PALETTE = ['#56b4e9', '#e69f00', '#009e73', '#cc79a7', '#f0e442', '#d55e00', '#4477ee', '#bbbbbb', '#aa4499'];

/** @param {number} position of the class in its job; -1 where the job does not know it */
export function classColour(position) {
  return position < 0 ? '#ffffff' : PALETTE[position % PALETTE.length];
}
