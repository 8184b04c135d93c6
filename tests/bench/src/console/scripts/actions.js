// Notes of each key and each move of the pointer how long it takes, from when the browser got it, until the page is drawn
// with what it did.

window.bench = [];

const note = (event) => {
  requestAnimationFrame(async () => window.bench.push({ type: event.type, ms: await afterFrame() - event.timeStamp }));
};
for (const type of ['keydown', 'pointerdown', 'pointermove', 'pointerup']) addEventListener(type, note, { capture: true });

until('the picture', isShown).then(() => {
  const { left, top, width, height } = document.querySelector('.canvas').getBoundingClientRect();
  answer([left, top, width, height]);
});
