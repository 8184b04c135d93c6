// Enter on the work page, again and again: each time how long it takes until the next picture is on the screen.

const [count, paceMs, width] = arguments;

// The page draws pictures onto a canvas, so that is where a picture is seen to be another one. Handles are drawn as well.
window.bench ??= watchPictures();

function watchPictures() {
  const watched = { picture: null, onOther: null };
  const { prototype } = CanvasRenderingContext2D;
  const draw = prototype.drawImage;
  prototype.drawImage = function (source, ...place) {
    draw.call(this, source, ...place);
    if (source instanceof HTMLCanvasElement || source.width !== width || source === watched.picture) return;
    watched.picture = source;
    watched.onOther?.();
  };
  return watched;
}

async function measure() {
  const times = [];
  for (let turn = 0; turn < count; turn++) {
    await until('the picture', isShown);
    drawBox();
    await nextFrame();
    await until('what was saved to arrive', () => !document.querySelector('[data-state=unsent]'));
    await pause(paceMs + Math.random() * 17);
    const other = new Promise((resolve) => (window.bench.onOther = () => resolve(onScreen())));
    const began = performance.now();
    press('Enter');
    times.push(await other - began);
    window.bench.onOther = null;
  }
  return times;
}

tell(measure());
