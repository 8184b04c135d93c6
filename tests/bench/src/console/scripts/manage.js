// The longest time between two frames, in milliseconds, while somebody goes through one of the manager's pages: down and up
// again, and with the pointer over the map where there is one.

const STEP_PX = 90;

const gaps = [];
let before = 0;
const frame = async () => {
  const at = await nextFrame();
  gaps.push(at - before);
  before = at;
};

async function scroll() {
  const root = document.scrollingElement;
  for (const step of [STEP_PX, -STEP_PX]) {
    let last = -1;
    while (last !== root.scrollTop) {
      last = root.scrollTop;
      root.scrollBy({ top: step, behavior: 'instant' });
      await frame();
    }
  }
}

async function point() {
  for (const stretch of document.querySelectorAll('.map[role=slider] > [data-at]')) {
    stretch.dispatchEvent(new PointerEvent('pointermove', { bubbles: true }));
    await frame();
  }
}

/** Has the board show all of its rows. */
async function showAll() {
  await until('the rows', () => document.querySelector('.rows > li'));
  const more = () => [...document.querySelectorAll('.rows.jobs ~ button')].at(-1);
  for (; more(); await frame()) more().click();
}

async function measure() {
  await until('the page', () => document.querySelector('.map > [data-at]'));
  before = await nextFrame();
  await showAll();
  await scroll();
  await point();
  return [Math.max(...gaps), gaps.length, document.querySelectorAll('.rows > li').length];
}

tell(measure());
