// When the page first painted something after the server had answered, and when the largest part of it.

const [navigation] = performance.getEntriesByType('navigation');

const entries = (type) => new Promise((resolve) => {
  new PerformanceObserver((list, observer) => {
    observer.disconnect();
    resolve(list.getEntries());
  }).observe({ type, buffered: true });
});

async function measure() {
  const [first] = await entries('paint');
  await until('the page', () => document.querySelector('main h1, main button'));
  await nextFrame();
  const largest = await entries('largest-contentful-paint');
  return [first.startTime, largest.at(-1).startTime].map((at) => at - navigation.responseEnd);
}

tell(measure());
