/** What the Parallel Research Kernels share: timing on all ranks together, and one line at the end. */
import { MAX, type MPI } from 'charm4ts/ampi';

/** Runs `iteration` once to warm up and then `iterations` times; seconds of one, on the slowest rank. */
export async function timed(mpi: MPI, iterations: number, iteration: (i: number) => Promise<void>): Promise<number> {
  let start = 0;
  for (let i = 0; i <= iterations; i++) {
    if (i === 1) {
      await mpi.world.barrier();
      start = mpi.wtime();
    }
    await iteration(i);
  }
  const seconds = new Float64Array([mpi.wtime() - start]);
  await mpi.world.allreduce(seconds.slice(), seconds, MAX);
  return seconds[0]! / Math.max(1, iterations);
}

/** Rank 0 says how fast it went. @throws Error if the answer is wrong */
export function report(mpi: MPI, name: string, isRight: boolean, wrong: string, rate: number, unit: string): void {
  if (!isRight) throw new Error(`${name} on ${mpi.size} ranks is wrong: ${wrong}`);
  if (mpi.rank === 0) console.log(`${name}, ${mpi.size} ranks: right; ${rate.toFixed(0)} ${unit}`);
}

/** The part of `n` that a rank has: from, and how many. */
export function shareOf(n: number, rank: number, ranks: number): { readonly first: number; readonly count: number } {
  const first = Math.floor((rank * n) / ranks);
  return { first, count: Math.floor(((rank + 1) * n) / ranks) - first };
}

/** Two factors of `ranks`, as near to each other as can be. */
export function gridOf(ranks: number): readonly [number, number] {
  let low = Math.floor(Math.sqrt(ranks));
  while (ranks % low !== 0) low--;
  return [ranks / low, low];
}
