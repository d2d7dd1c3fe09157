// Bundles the package into dist/: one file per public entry point, with shared chunks, so that a
// class has one identity whichever entry point it came through, and a worker thread loads two or
// three files instead of fifty. Type declarations come from `tsc -p tsconfig.build.json`.
import { chmod, copyFile, readdir, rm } from 'node:fs/promises';
import { build } from 'esbuild';

// The programs of the benchmarks are entry points, so that they share the runtime's chunks with the PE workers.
const benchPrograms = (await readdir('bench/programs')).map((file) => `bench/programs/${file}`);
const entryPoints = [
  'core/index.ts',
  'lb-strategies/index.ts',
  'projections/index.ts',
  'projections/viewer/server/read-worker.ts',
  'machines/index.ts',
  'io/index.ts',
  'data/index.ts',
  'ampi/index.ts',
  'core/resumable/index.ts',
  'transports/index.ts',
  'launch/index.ts',
  'launch/sim/index.ts',
  'launch/pe-worker.ts',
  'launch/nodes/node-process.ts',
  'launch/nodes/ssh-agent.ts',
  'cli/main.ts',
  'bench/calibration/bare-worker.ts',
  ...benchPrograms,
];

const { metafile } = await build({
  entryPoints,
  outdir: 'dist',
  outbase: '.',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20.12',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
  metafile: true,
});
async function dropOldChunks(folder, { outputs }) {
  for (const file of await readdir(folder))
    if (outputs[`${folder}/${file}`] === undefined) await rm(`${folder}/${file}`);
}

// Chunks of earlier builds go last, so that a job that is starting meanwhile still finds what it needs.
await dropOldChunks('dist/chunks', metafile);
await chmod('dist/cli/main.js', 0o755);

// Nodes in browsers: the parts of the package that a program may import there, and what runs it, sharing chunks.
const browserNode = 'launch/browsers/client';
const { metafile: forBrowsers } = await build({
  entryPoints: [
    'core/index.ts',
    'ampi/index.ts',
    'data/index.ts',
    'lb-strategies/index.ts',
    'machines/index.ts',
    `${browserNode}/page.ts`,
    `${browserNode}/web-worker.ts`,
  ],
  outdir: 'dist/browser',
  outbase: '.',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  // Of files, which only programs that ask for them load; there are none in browsers.
  external: ['node:*'],
  keepNames: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
  metafile: true,
});
await dropOldChunks('dist/browser/chunks', forBrowsers);
for (const file of ['index.html', 'page.css']) await copyFile(`${browserNode}/${file}`, `dist/browser/${file}`);

// The page of the trace viewer: one script for the browser, with everything in it.
const page = 'projections/viewer/client';
await build({
  entryPoints: [`${page}/main.ts`],
  outfile: 'dist/viewer/viewer.js',
  bundle: true,
  minify: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  logLevel: 'warning',
});
for (const file of ['index.html', 'viewer.css']) await copyFile(`${page}/${file}`, `dist/viewer/${file}`);
