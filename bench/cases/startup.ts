/**
 * Bench `startup`: milliseconds from starting the process `charm4ts run PROGRAM --pes 2` to the program's first entry
 * method, on PE 1. Compiled JavaScript; TypeScript with an empty cache; TypeScript that has been run before.
 *
 * The processes read the machine's monotonic clock, which all processes share.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { distUrl } from '../../launch/package-root.ts';
import { type Bench, type BenchContext, targetOver } from '../bench.ts';
import type { Samples } from '../sampling.ts';

/** `programs/startup.ts`, as a user would write it. */
const source = `import { Chare, type Charm } from 'charm4ts';

export class First extends Chare<number> {
  run(): void {
    console.log(JSON.stringify({ nowNs: process.hrtime.bigint().toString() }));
    this.charm.exit();
  }
}

export default async function main(charm: Charm): Promise<void> {
  const group = await charm.group(First);
  group.at(charm.pes - 1).run();
}
`;

const command = fileURLToPath(distUrl('cli/main.js'));
const javascript = fileURLToPath(distUrl('bench/programs/startup.js'));
const bareWorker = fileURLToPath(distUrl('bench/calibration/bare-worker.js'));
/** Process and worker thread, without anything else, took 65 ms on the reference machine. */
const bareMs = 65;

export const startup: Bench = {
  name: 'startup',
  summary: 'from starting the process to the first entry method, 2 PEs: JavaScript, TypeScript cold and cached',
  cases: [
    { name: 'javascript', unit: 'ms', target: targetOver(200, bareMs) },
    { name: 'ts-cold', unit: 'ms', target: targetOver(450, bareMs) },
    { name: 'ts-cached', unit: 'ms', target: targetOver(250, bareMs) },
  ],
  sample: async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'charm4ts-bench-'));
    try {
      return await sampleIn(folder, context);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function sampleIn(folder: string, { plan, signal }: BenchContext): Promise<Samples[]> {
  const program = join(folder, 'startup.ts');
  await writeFile(program, source);
  const start = (args: readonly string[], cache: string): Promise<number> => {
    return timeToLine(args, { cache: join(folder, cache), signal });
  };
  const cases = ['javascript', 'ts-cold', 'ts-cached'].map((name) => {
    return { case: name, figure: [] as number[], calibration: { name: 'bare-worker', values: [] as number[] } };
  });
  // Run -1 fills the cache of `ts-cached`, and the file cache of the system.
  for (let run = -1; run < plan.runs; run++) {
    for (const samples of cases) {
      const cache = samples.case === 'ts-cold' ? `cold${run}` : 'warm';
      await mkdir(join(folder, cache), { recursive: true });
      const file = samples.case === 'javascript' ? javascript : program;
      const bare = await start([bareWorker], 'none');
      const figure = await start([command, 'run', file, '--pes', '2'], cache);
      if (run < 0) continue;
      samples.calibration.values.push(bare);
      samples.figure.push(figure);
    }
  }
  return cases;
}

interface StartOptions {
  /** Folder for the caches of the process. */
  readonly cache: string;
  readonly signal: AbortSignal;
}

/** Milliseconds from starting `node` with these arguments to the moment that the line it prints tells. */
async function timeToLine(args: readonly string[], { cache, signal }: StartOptions): Promise<number> {
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  const startNs = process.hrtime.bigint();
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, signal });
  const { nowNs } = JSON.parse(stdout) as { nowNs: string };
  return Number(BigInt(nowNs) - startNs) / 1e6;
}
