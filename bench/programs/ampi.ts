/**
 * What messages between ranks cost: one way and in windows between two of them, and collective operations of all. The second
 * argument says which cases: those of two ranks on two PEs, of two on one, or of many on two.
 *
 * Rank 0 measures; it tells the others what to do next, and how often.
 */
import { type Comm, type MPI, SUM } from '../../ampi/index.ts';
import { denqueLoop } from '../calibration/denque-loop.ts';
import { memcpyRoundTrip } from '../calibration/memcpy.ts';
import { CalibrationPair, rawRingRoundTrip, rawRingStream } from '../calibration/pair.ts';
import { measure, planOf, type Trial, type Work } from '../sampling.ts';

export { CalibrationPair } from '../calibration/pair.ts';

/** Something that all ranks do `count` times. */
type Exercise = (mpi: MPI, count: number) => Promise<void>;

/** Messages of rank 0 to rank 1 and back; a count is one of them. */
function oneWay(bytes: number, isShared = false): Exercise {
  return async (mpi, count) => {
    const { world } = mpi;
    const make = (): Float64Array => (isShared ? sharedOf(mpi, bytes) : new Float64Array(bytes / 8));
    const [out, into] = [make(), make()];
    if (world.rank === 0)
      for (let i = 0; i < count; i += 2) {
        await world.send(out, 1);
        await world.recv(into, 1);
      }
    else if (world.rank === 1)
      for (let i = 0; i < count; i += 2) {
        await world.recv(into, 0);
        await world.send(out, 0);
      }
  };
}

const kept = new WeakMap<MPI, Map<number, Float64Array>>();

/** Shared memory is not given back: the same is used again. */
function sharedOf(mpi: MPI, bytes: number): Float64Array {
  const of = kept.get(mpi) ?? new Map<number, Float64Array>();
  kept.set(mpi, of);
  const array = of.get(bytes) ?? mpi.allocMem(Float64Array, bytes / 8);
  of.set(bytes, array);
  return array;
}

const windowSize = 64;

async function rate(mpi: MPI, count: number): Promise<void> {
  const { world } = mpi;
  const data = Array.from({ length: windowSize }, () => new Float64Array(1));
  const word = new Int32Array(1);
  for (let i = 0; i < count; i += windowSize) {
    if (world.rank === 0) {
      await mpi.waitAll(data.map((one) => world.isend(one, 1)));
      await world.recv(word, 1);
    } else if (world.rank === 1) {
      await mpi.waitAll(data.map((one) => world.irecv(one, 0)));
      await world.send(word, 0);
    }
  }
}

function repeated(once: (world: Comm) => Promise<unknown>): Exercise {
  return async ({ world }, count) => {
    for (let i = 0; i < count; i++) await once(world);
  };
}

const one = new Float64Array(1);
const allreduce = repeated((world) => world.allreduce(one, new Float64Array(1), SUM));
const barrier = repeated((world) => world.barrier());
const alltoall = repeated((world) => world.alltoall(new Uint8Array(64 * world.size), new Uint8Array(64 * world.size)));

const exercises: Readonly<Record<string, Exercise>> = {
  '8-B': oneWay(8),
  '1-KiB': oneWay(1024),
  '64-KiB': oneWay(1 << 16),
  '4-MiB': oneWay(1 << 22),
  '4-MiB-shared': oneWay(1 << 22, true),
  rate,
  barrier,
  allreduce,
  alltoall,
};
const casesOf: Readonly<Record<string, readonly string[]>> = {
  'two-pes': ['8-B', '1-KiB', '64-KiB', '4-MiB', '4-MiB-shared', 'rate', 'barrier', 'allreduce'],
  'one-pe': ['8-B', 'rate'],
  '8-ranks': ['barrier', 'allreduce', 'alltoall'],
  '64-ranks': ['barrier', 'allreduce'],
};
const steps: Readonly<Record<string, number>> = { rate: windowSize, barrier: 1, allreduce: 1, alltoall: 1 };

export default async function main(mpi: MPI): Promise<void> {
  const { world, charm } = mpi;
  const group = mpi.args[1]!;
  if (world.rank > 0) return follow(mpi);
  const pair = charm.pes > 1 ? await charm.group(CalibrationPair) : undefined;
  const trials = casesOf[group]!.map((name): Trial => {
    const calibrations = (): Trial['calibration'] => {
      if (name === '64-KiB') return memcpyRoundTrip(1 << 16);
      if (name.startsWith('4-MiB')) return memcpyRoundTrip(1 << 22);
      if (pair === undefined) return denqueLoop;
      return name === 'rate' ? rawRingStream(charm, pair) : rawRingRoundTrip(charm, pair, 8);
    };
    return { case: `${group}-${name}`, figure: lead(mpi, name), calibration: calibrations() };
  });
  await measure(planOf(charm), trials);
  await world.bcastObject({ name: 'end', count: 0 }, 0);
}

function lead(mpi: MPI, name: string): Work {
  const { world } = mpi;
  const run = async (count: number): Promise<number> => {
    await world.bcastObject({ name, count }, 0);
    await world.barrier();
    const start = performance.now();
    await exercises[name]!(mpi, count);
    return performance.now() - start;
  };
  return { step: steps[name] ?? 2, run };
}

async function follow(mpi: MPI): Promise<void> {
  for (;;) {
    const { name, count } = await mpi.world.bcastObject<{ name: string; count: number }>(undefined, 0);
    if (name === 'end') return;
    await mpi.world.barrier();
    await exercises[name]!(mpi, count);
  }
}
