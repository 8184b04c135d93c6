// What the scripts of the measurements have in common. They run within a page of the console; `answer` is the driver's.

const answer = arguments[arguments.length - 1];

/** Resolves, with the time, when the frame that is being made is drawn: its layout and painting come before the next task. */
const afterFrame = () => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => resolve(performance.now());
  port2.postMessage(null);
});

/** Resolves, with the time, when the next frame is drawn. */
const nextFrame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(afterFrame())));

/**
 * Resolves, with the time, when what is in the page now is on the screen. A page learns that of elements alone, so one is added
 * that is painted in the same frame.
 */
const onScreen = () => new Promise((resolve) => {
  const mark = document.createElement('p');
  mark.setAttribute('elementtiming', 'bench');
  mark.textContent = '.';
  Object.assign(mark.style, { position: 'fixed', left: '0', top: '0', margin: '0' });
  new PerformanceObserver((list, observer) => {
    observer.disconnect();
    mark.remove();
    resolve(list.getEntries()[0].renderTime);
  }).observe({ type: 'element' });
  document.body.append(mark);
});

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for a condition, frame by frame. */
const until = async (what, condition) => {
  const end = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await nextFrame();
  }
};

/** Presses a key as far as the page can tell. */
const press = (key, { shiftKey = false } = {}) => {
  const target = document.activeElement ?? document.body;
  for (const type of ['keydown', 'keyup']) target.dispatchEvent(new KeyboardEvent(type, { key, shiftKey, bubbles: true, cancelable: true }));
};

/** Draws a box by keys. */
const drawBox = () => {
  press('n');
  press(' ');
  for (let step = 0; step < 3; step++) for (const key of ['ArrowRight', 'ArrowDown']) press(key, { shiftKey: true });
  press(' ');
};

const isShown = () => document.querySelector('.picture')?.dataset.picture === 'shown';

/** Answers with what a measurement gives, or with why it gave nothing. */
const tell = (measured) => measured.then(answer, (error) => answer({ error: String(error) }));
