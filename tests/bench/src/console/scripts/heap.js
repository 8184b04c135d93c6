// Labels so many items as fast as the page goes, ranges handed in as they end.

const [count] = arguments;

const item = () => document.querySelector('.picture')?.dataset.index;

async function label() {
  for (let turn = 0; turn < count; turn++) {
    await until('the picture', isShown);
    const before = item();
    drawBox();
    await nextFrame();
    press('Enter');
    await until('the next item', () => document.querySelector('.done button.main') || item() !== before);
    if (!document.querySelector('.done button.main')) continue;
    await until('what was saved to arrive', () => !document.querySelector('[data-state=unsent]'));
    press('Enter');
    await until('the next range', () => item() !== before && item() !== undefined);
  }
  await until('the picture', isShown);
  return true;
}

tell(label());
