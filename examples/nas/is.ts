/**
 * NAS IS: ranks of integer keys, by buckets. Each iteration:
 *
 *  1. Keys are counted by their top bits; an `allreduce` gives the sizes of all buckets, and the five test keys with them.
 *  2. Neighbouring buckets go to one rank until it has its share, so ranks own ranges of keys.
 *  3. `alltoall` tells how many keys go where, `alltoallv` brings them.
 *  4. Each rank counts its keys. The rank of a key is the number of smaller ones.
 *
 *     charm4ts ampi examples/nas/is.ts --vp 2 --pes 2 A
 */
import { type MPI, SUM } from 'charm4ts/ampi';
import { displacements } from '../support/displacements.ts';
import { type Outcome, runKernel, timed } from './support/kernel.ts';
import { RandomStream } from './support/random.ts';

interface Problem {
  readonly keyBits: number;
  /** Keys are below 2^valueBits. */
  readonly valueBits: number;
  readonly bucketBits: number;
  readonly testIndices: readonly number[];
  /** What the rank of test key `i` must be in an iteration. */
  readonly rankOf: (i: number, iteration: number) => number;
}

const iterations = 10;
const tests = 5;

const classes: Readonly<Record<string, Problem>> = {
  S: {
    keyBits: 16,
    valueBits: 11,
    bucketBits: 9,
    testIndices: [48427, 17148, 23627, 62548, 4431],
    rankOf: (i, it) => [0, 18, 346, 64917, 65463][i]! + (i <= 2 ? it : -it),
  },
  W: {
    keyBits: 20,
    valueBits: 16,
    bucketBits: 10,
    testIndices: [357773, 934767, 875723, 898999, 404505],
    rankOf: (i, it) => [1249, 11698, 1039987, 1043896, 1048018][i]! + (i < 2 ? it - 2 : -it),
  },
  A: {
    keyBits: 23,
    valueBits: 19,
    bucketBits: 10,
    testIndices: [2112377, 662041, 5336171, 3642833, 4250760],
    rankOf: (i, it) => [104, 17523, 123928, 8288932, 8388264][i]! + (i <= 2 ? it - 1 : 1 - it),
  },
  B: {
    keyBits: 25,
    valueBits: 21,
    bucketBits: 10,
    testIndices: [41869, 812306, 5102857, 18232239, 26860214],
    rankOf: (i, it) => [33422937, 10244, 59149, 33135281, 99][i]! + (i === 0 || i === 3 ? -it : it),
  },
};

class Sorter {
  readonly #mpi: MPI;
  readonly #problem: Problem;
  readonly #first: number;
  readonly #keys: Int32Array;
  readonly #sorted: Int32Array;
  /** The keys of this rank's range, and their number. */
  #mine = new Int32Array(0);
  #count = 0;
  /** Keys on lower ranks. */
  #below = 0;
  #lowest = 0;
  #counts = new Int32Array(0);
  #passed = 0;

  constructor(mpi: MPI, problem: Problem) {
    const keys = 2 ** problem.keyBits;
    this.#mpi = mpi;
    this.#problem = problem;
    this.#first = Math.floor((mpi.rank * keys) / mpi.size);
    const end = Math.floor(((mpi.rank + 1) * keys) / mpi.size);
    this.#keys = makeKeys(this.#first, end, 2 ** problem.valueBits);
    this.#sorted = new Int32Array(end - this.#first);
  }

  get passed(): number {
    return this.#passed;
  }

  async rank(iteration: number): Promise<void> {
    const { testIndices, bucketBits, valueBits } = this.#problem;
    const keys = this.#keys;
    if (this.#first === 0) {
      keys[iteration] = iteration;
      keys[iteration + iterations] = 2 ** valueBits - iteration;
    }
    const buckets = 2 ** bucketBits;
    const shift = valueBits - bucketBits;
    const sizes = new Int32Array(buckets + tests);
    for (const key of keys) sizes[key >> shift]!++;
    const local = sizes.slice(0, buckets);
    for (const [i, index] of testIndices.entries()) {
      const at = index - this.#first;
      if (at >= 0 && at < keys.length) sizes[buckets + i] = keys[at]!;
    }
    await this.#mpi.world.allreduce(sizes.slice(), sizes, SUM);
    this.#sortByBucket(local, shift);
    const ends = this.#shares(sizes, buckets);
    await this.#exchange(local, ends);
    this.#countKeys(ends, shift);
    this.#below = sum(sizes.subarray(0, this.#lowest >> shift));
    this.#verify(sizes.subarray(buckets), iteration);
  }

  #sortByBucket(local: Int32Array, shift: number): void {
    const next = new Int32Array(local.length);
    for (let b = 1; b < local.length; b++) next[b] = next[b - 1]! + local[b - 1]!;
    for (const key of this.#keys) this.#sorted[next[key >> shift]!++] = key;
  }

  /** For each rank the bucket behind its last. */
  #shares(sizes: Int32Array, buckets: number): Int32Array {
    const ranks = this.#mpi.size;
    const share = 2 ** this.#problem.keyBits / ranks;
    const ends = new Int32Array(ranks).fill(buckets);
    let total = 0;
    for (let bucket = 0, rank = 0; bucket < buckets && rank < ranks - 1; bucket++) {
      total += sizes[bucket]!;
      while (rank < ranks - 1 && total >= (rank + 1) * share) ends[rank++] = bucket + 1;
    }
    return ends;
  }

  async #exchange(local: Int32Array, ends: Int32Array): Promise<void> {
    const { world, size } = this.#mpi;
    const out = new Int32Array(size);
    for (let rank = 0, bucket = 0; rank < size; rank++)
      for (; bucket < ends[rank]!; bucket++) out[rank]! += local[bucket]!;
    const into = new Int32Array(size);
    await world.alltoall(out, into);
    const count = sum(into);
    if (count > this.#mine.length) this.#mine = new Int32Array(Math.ceil(count * 1.1));
    this.#count = count;
    await world.alltoallv(this.#sorted, out, displacements(out), this.#mine, into, displacements(into));
  }

  /** Counts and their running sums: how many keys are smaller. */
  #countKeys(ends: Int32Array, shift: number): void {
    const { rank } = this.#mpi;
    const firstBucket = rank === 0 ? 0 : ends[rank - 1]!;
    this.#lowest = firstBucket << shift;
    const values = Math.max(0, ends[rank]! - firstBucket) << shift;
    if (this.#counts.length === values + 1) this.#counts.fill(0);
    else this.#counts = new Int32Array(values + 1);
    const counts = this.#counts;
    const lowest = this.#lowest;
    const mine = this.#mine;
    for (let i = 0; i < this.#count; i++) counts[mine[i]! - lowest + 1]!++;
    for (let i = 1; i <= values; i++) counts[i]! += counts[i - 1]!;
  }

  #verify(keys: Int32Array, iteration: number): void {
    const ranges = this.#counts.length - 1;
    for (const [i, key] of keys.entries()) {
      const at = key - this.#lowest;
      if (key <= 0 || at < 0 || at >= ranges) continue;
      if (this.#below + this.#counts[at]! === this.#problem.rankOf(i, iteration)) this.#passed++;
    }
  }

  /** One for this rank if its keys are in order and none is smaller than the largest of the rank before. */
  async checkOrder(): Promise<void> {
    const { world, rank, size } = this.#mpi;
    const sorted = this.#mine.slice(0, this.#count).sort();
    const largest = new Int32Array([sorted.at(-1) ?? -1]);
    const before = new Int32Array([-1]);
    const send = rank < size - 1 ? world.isend(largest, rank + 1, 1) : null;
    if (rank > 0) await world.recv(before, rank - 1, 1);
    await send?.wait();
    if (sorted.length === 0 || sorted[0]! >= before[0]!) this.#passed++;
  }
}

function makeKeys(first: number, end: number, values: number): Int32Array {
  const random = new RandomStream(314_159_265, 4 * first);
  const keys = new Int32Array(end - first);
  const scale = values / 4;
  for (let i = 0; i < keys.length; i++) {
    const sum = random.next() + random.next() + random.next() + random.next();
    keys[i] = Math.floor(scale * sum);
  }
  return keys;
}

function sum(numbers: Int32Array): number {
  return numbers.reduce((total, n) => total + n, 0);
}

async function integerSort(mpi: MPI, problem: Problem): Promise<Outcome> {
  const sorter = new Sorter(mpi, problem);
  await sorter.rank(1);
  const before = sorter.passed;
  const seconds = await timed(mpi, async () => {
    for (let iteration = 1; iteration <= iterations; iteration++) await sorter.rank(iteration);
  });
  await sorter.checkOrder();
  const passed = new Int32Array(1);
  await mpi.world.allreduce(new Int32Array([sorter.passed - before]), passed, SUM);
  const expected = tests * iterations + mpi.size;
  const errors = passed[0] === expected ? [] : [`${passed[0]} of ${expected} checks hold`];
  return { seconds, operations: (iterations * 2 ** problem.keyBits) / 1e6, errors };
}

export default function main(mpi: MPI): Promise<void> {
  return runKernel(mpi, 'IS', classes, integerSort);
}
