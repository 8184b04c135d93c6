// Builds the console into `dist/`: hashed scripts and styles, the page that loads them, the notices of what they hold
// from third parties, and a compressed copy of each file.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const DIST = 'dist';
/** Below this size a compressed copy saves nothing. */
const COMPRESS_FROM_BYTES = 1024;

await rm(DIST, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { main: 'src/main.jsx' },
  outdir: DIST,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  // Catalogues of texts are loaded as data.
  loader: { '.json': 'file' },
  publicPath: '/console',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});
await writePage();
await writeNotices();
await compressAll();

/** Writes `index.html`, which names the hashed files. */
async function writePage() {
  const outputs = Object.entries(metafile.outputs);
  const [script, output] = outputs.find(([, output]) => output.entryPoint === 'src/main.jsx') ?? [];
  if (!script || !output?.cssBundle) throw new Error('the build gave no script or no style sheet');
  const icon = await hashed('src/style/icon.svg');
  const names = { script: relative(DIST, script), style: relative(DIST, output.cssBundle), icon };
  const template = await readFile('src/index.html', 'utf8');
  const page = template.replace(/\{(script|style|icon)\}/g, (_, name) => names[name]);
  await writeFile(join(DIST, 'index.html'), page);
}

/** Copies a file under a name that carries its hash, as esbuild's own outputs do. */
async function hashed(path) {
  const bytes = await readFile(path);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase();
  const name = path.split('/').pop().replace('.', `-${hash}.`);
  await mkdir(DIST, { recursive: true });
  await writeFile(join(DIST, name), bytes);
  return name;
}

/** Writes the licences of all packages of which something is in the bundle. */
async function writeNotices() {
  const used = new Set();
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const name = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1];
      if (name && bytesInOutput > 0) used.add(name);
    }
  }
  const notices = await Promise.all([...used].sort().map(notice));
  const intro = 'The console of Swath holds parts of the following packages.';
  await writeFile(join(DIST, 'notices.txt'), [intro, ...notices].join('\n\n'));
}

/** @param {string} name */
async function notice(name) {
  const folder = join('node_modules', name);
  const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const title = `${name} ${version} (${license})`;
  return [title, '-'.repeat(title.length), ...texts.map((text) => text.trim())].join('\n');
}

/** Writes `name.br` and `name.gz` beside each file, where they are smaller. */
async function compressAll() {
  for (const name of await readdir(DIST)) {
    const path = join(DIST, name);
    const bytes = await readFile(path);
    if (bytes.length < COMPRESS_FROM_BYTES) continue;
    const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    await writeFile(`${path}.br`, brotliCompressSync(bytes, { params: quality }));
    await writeFile(`${path}.gz`, gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
  }
}
