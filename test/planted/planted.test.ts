/** Every planted bug is found by the swarm, within its number of seeds. */
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { after, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { SeedResult } from '../swarm/seed.ts';
import { type PlantedBug, plantedBugs } from './bugs.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Inside the package, so that other packages are found. */
const folder = `${root}node_modules/.cache/charm4ts-planted-${process.pid}`;

/** Changes one piece of one file while it is bundled. */
function planting({ file, find, replace }: PlantedBug): Plugin {
  return {
    name: 'plant',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (path !== `${root}${file}`) return undefined;
        const source = await readFile(path, 'utf8');
        assert.equal(source.split(find).length, 2, `${file} has not exactly one ${JSON.stringify(find)}`);
        return { contents: source.replace(find, () => replace), loader: 'ts' };
      });
    },
  };
}

async function runnerWith(bug: PlantedBug, number: number): Promise<(seed: number) => Promise<SeedResult>> {
  const outfile = `${folder}/${number}.mjs`;
  await build({
    entryPoints: [`${root}test/swarm/seed.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.12',
    tsconfig: `${root}tsconfig.json`,
    external: ['fast-check', 'denque', 'tinyqueue', 'xstate', 'esbuild', 'commander'],
    plugins: [planting(bug)],
    logLevel: 'silent',
  });
  return ((await import(pathToFileURL(outfile).href)) as { runSeed: (seed: number) => Promise<SeedResult> }).runSeed;
}

describe('a planted bug is found:', () => {
  after(() => rm(folder, { recursive: true, force: true }));
  it('(but nothing is where nothing is planted, in 60 seeds)', async () => {
    const [{ file, find }] = plantedBugs as [PlantedBug];
    const runSeed = await runnerWith({ name: 'none', file, find, replace: find, seeds: 60 }, plantedBugs.length);
    for (let seed = 1; seed <= 60; seed++) assert.equal((await runSeed(seed)).error, undefined);
  });

  for (const [number, bug] of plantedBugs.entries()) {
    it(`${bug.name} (within ${bug.seeds} seeds)`, async () => {
      const runSeed = await runnerWith(bug, number);
      for (let seed = 1; seed <= bug.seeds; seed++) {
        const { error } = await runSeed(seed);
        if (error !== undefined) {
          return;
        }
      }
      assert.fail(`${bug.seeds} seeds have not found it`);
    });
  }
});
