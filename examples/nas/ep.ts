/**
 * NAS EP: pairs of normal deviates by the polar method, counted in square rings. No communication but three sums at the end.
 *
 *     charm4ts ampi examples/nas/ep.ts --vp 2 --pes 2 A
 */
import { type MPI, SUM } from 'charm4ts/ampi';
import { compare, type Outcome, runKernel, timed } from './support/kernel.ts';
import { multiplier, multiply, power, RandomStream } from './support/random.ts';

interface Problem {
  /** 2^m pairs. */
  readonly m: number;
  readonly sumX: number;
  readonly sumY: number;
}

const classes: Readonly<Record<string, Problem>> = {
  S: { m: 24, sumX: -3.24783465203474e3, sumY: -6.958407078382297e3 },
  W: { m: 25, sumX: -2.863319731645753e3, sumY: -6.320053679109499e3 },
  A: { m: 28, sumX: -4.295875165629892e3, sumY: -1.580732573678431e4 },
  B: { m: 30, sumX: 4.033815542441498e4, sumY: -2.660669192809235e4 },
};

const seed = 271_828_183;
const batchBits = 16;
const pairsPerBatch = 2 ** batchBits;

async function embarrassinglyParallel(mpi: MPI, { m, sumX, sumY }: Problem): Promise<Outcome> {
  const batches = 2 ** (m - batchBits);
  const first = Math.floor((mpi.rank * batches) / mpi.size);
  const end = Math.floor(((mpi.rank + 1) * batches) / mpi.size);
  const sums = new Float64Array(2);
  const rings = new Float64Array(10);
  const numbers = new Float64Array(2 * pairsPerBatch);
  const perBatch = power(multiplier, 2 * pairsPerBatch);
  const seconds = await timed(mpi, async () => {
    for (let batch = first; batch < end; batch++) {
      new RandomStream(multiply(seed, power(perBatch, batch))).fill(numbers);
      countPairs(numbers, sums, rings);
      await mpi.yield();
    }
    await mpi.world.allreduce(sums.slice(), sums, SUM);
    await mpi.world.allreduce(rings.slice(), rings, SUM);
  });
  const errors = [...compare('the sum of X', sums[0]!, sumX, 1e-8), ...compare('the sum of Y', sums[1]!, sumY, 1e-8)];
  return { seconds, operations: 2 ** (m + 1) / 1e6, errors };
}

function countPairs(numbers: Float64Array, sums: Float64Array, rings: Float64Array): void {
  let sumX = 0;
  let sumY = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const x = 2 * numbers[i]! - 1;
    const y = 2 * numbers[i + 1]! - 1;
    const t = x * x + y * y;
    if (t > 1) continue;
    const factor = Math.sqrt((-2 * Math.log(t)) / t);
    const gaussX = x * factor;
    const gaussY = y * factor;
    const ring = Math.max(Math.abs(gaussX), Math.abs(gaussY)) | 0;
    rings[ring] = rings[ring]! + 1;
    sumX += gaussX;
    sumY += gaussY;
  }
  sums[0]! += sumX;
  sums[1]! += sumY;
}

export default function main(mpi: MPI): Promise<void> {
  return runKernel(mpi, 'EP', classes, embarrassinglyParallel);
}
