// The bare page: saves the same labels by the same call and swaps the same pictures, two of them loaded ahead, and does nothing
// else. It swaps at once, or when it has the server's answer.

const [count, paceMs, waits] = arguments;

window.bench ??= { at: 0, lease: null, pictures: new Map(), place: document.createElement('div') };


const BODY = JSON.stringify({
  figures: [{ class: 'thing', shape: 'rectangle', geometry: { x: 480, y: 360, width: 30, height: 30 } }],
  tags: [],
});

async function begin() {
  const { bench } = window;
  const held = await (await fetch('/v1/leases?limit=1')).json();
  bench.lease = await (await fetch(`/v1/leases/${held.items[0].lease_id}`)).json();
  document.body.replaceChildren(bench.place);
  bench.place.replaceChildren(await picture(0));
}

/** A picture, loaded and decoded once. */
function picture(at) {
  const { bench } = window;
  if (!bench.pictures.has(at)) bench.pictures.set(at, load(bench.lease.assignment.items[at].media_url));
  return bench.pictures.get(at);
}

async function load(url) {
  const image = new Image();
  image.src = url;
  image.style.height = '800px';
  await image.decode();
  return image;
}

function save(at) {
  const { lease_id: lease, assignment } = window.bench.lease;
  const headers = { 'Swath-Client': 'console', 'Content-Type': 'application/json' };
  return fetch(`/v1/leases/${lease}/items/${assignment.items[at].index}`, { method: 'PUT', headers, body: BODY, credentials: 'same-origin' });
}

async function measure() {
  const { bench } = window;
  if (!bench.lease) await begin();
  const times = [];
  for (let turn = 0; turn < count; turn++) {
    const next = bench.at + 1;
    await Promise.all([next, next + 1].map(picture));
    await pause(paceMs + Math.random() * 17);
    const began = performance.now();
    const saving = save(bench.at);
    if (waits) await saving;
    bench.place.replaceChildren(await picture(next));
    times.push(await onScreen() - began);
    const saved = await saving;
    if (!saved.ok) throw new Error(`saved with ${saved.status}`);
    await saved.json();
    bench.pictures.delete(bench.at);
    bench.at = next;
  }
  return times;
}

tell(measure());
