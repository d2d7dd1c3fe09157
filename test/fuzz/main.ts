/**
 * Fuzzes what reads bytes of others, all targets side by side, each in a process of its own:
 *
 *     npm run fuzz                                30 seconds
 *     npm run fuzz -- values frames --seconds 600
 *     npm run fuzz -- values --seed 7             the same inputs again
 *     npm run fuzz -- values --input FILE         one input
 *     npm run fuzz -- --keep                      what runs something new goes into test/fuzz/corpus
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { attempt, Finding, found, fuzz, targetNamed } from './fuzzer.ts';
import { targets } from './targets.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string' },
    input: { type: 'string' },
    keep: { type: 'boolean', default: false },
    /** This process is one of those. */
    alone: { type: 'boolean', default: false },
  },
});

const seed = flags.seed === undefined ? Date.now() % 1_000_000_007 : Number(flags.seed);
const seconds = Number(flags.seconds);

/** One script without a loader: V8 then has little else to count. */
async function bundle(): Promise<string> {
  const outfile = fileURLToPath(new URL('fuzz.mjs', found));
  const entryPoints = ['test/fuzz/main.ts'];
  await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node', packages: 'external' });
  return outfile;
}

function child(script: string, name: string): Promise<boolean> {
  const own = ['--alone', '--seconds', String(seconds), '--seed', String(seed), ...(flags.keep ? ['--keep'] : [])];
  const process_ = spawn(process.execPath, ['--max-old-space-size=1024', script, name, ...own], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve) => {
    // One that runs for ever, for all that it was told, is a finding as well.
    const limit = setTimeout(() => process_.kill('SIGKILL'), seconds * 1000 + 120_000);
    process_.on('exit', (code, signal) => {
      clearTimeout(limit);
      if (signal !== null) console.error(`${name}: ended by ${signal}; seed ${seed}`);
      resolve(code === 0);
    });
  });
}

async function alone(name: string): Promise<void> {
  if (flags.input !== undefined) {
    await attempt(targetNamed(name), readFileSync(flags.input));
    return console.log(`${name}: nothing is wrong with ${flags.input}`);
  }
  const { runs, interesting, blocks } = await fuzz(name, seed, seconds, flags.keep);
  console.log(
    `${name.padEnd(14)} ${runs} inputs, of which ${interesting} ran something new; ${blocks} blocks; seed ${seed}`,
  );
}

async function runAll(names: readonly string[]): Promise<boolean[]> {
  const script = await bundle();
  return Promise.all(names.map((name) => child(script, name)));
}

try {
  const names = positionals.length === 0 ? Object.keys(targets) : positionals;
  for (const name of names) targetNamed(name);
  if (flags.alone || flags.input !== undefined) await alone(names[0]!);
  else if (!(await runAll(names)).every((isGood) => isGood)) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Finding ? error.message : error);
  process.exitCode = 1;
}
// What a target has left open (a timer, a stream) does not matter.
process.exit();
