/**
 * Creates one array of 10^6 elements on one PE, whose class has no fields of its own: time until all exist, and the
 * heap they take after a garbage collection. One array a job, since arrays live as long as the job.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Chare, type Charm } from '../../core/index.ts';
import { makeBareObjects } from '../calibration/bare-objects.ts';
import { report, timed } from '../sampling.ts';

export class Cell extends Chare<number> {}

const elements = 1_000_000;

function makeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** Milliseconds and bytes per element of something that is kept. */
interface Cost {
  readonly ms: number;
  readonly bytes: number;
  readonly kept: unknown;
}

async function costOf(collect: () => void, make: () => Promise<unknown>): Promise<Cost> {
  collect();
  const before = heapBytes();
  let kept: unknown;
  const ms = await timed(async () => {
    kept = await make();
  });
  collect();
  return { ms, bytes: (heapBytes() - before) / elements, kept };
}

function heapBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export default async function main(charm: Charm): Promise<void> {
  const collect = makeCollector();
  const bare = await costOf(collect, async () => makeBareObjects(elements));
  const array = await costOf(collect, () => charm.array(Cell, { size: elements }));
  const name = 'bare-objects';
  report({ case: 'time', figure: [array.ms], calibration: { name, values: [bare.ms] } });
  report({ case: 'heap', figure: [array.bytes], calibration: { name, values: [bare.bytes] } });
  charm.exit();
}
