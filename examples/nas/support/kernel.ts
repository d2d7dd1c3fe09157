/** What the NAS kernels share: their classes, the clock that all ranks agree on, verification, and the report. */
import { MAX, type MPI } from 'charm4ts/ampi';

export interface Outcome {
  /** Of the slowest rank. */
  readonly seconds: number;
  /** Millions of operations, as the benchmark counts them. */
  readonly operations: number;
  /** What is wrong; empty if the result is the official one. */
  readonly errors: readonly string[];
}

/**
 * Runs a kernel for the class that the program's first argument names (S if there is none), and reports: a line for people, or
 * one of JSON if the second argument is `--json`. A result that is not the official one ends the job with an error.
 */
export async function runKernel<C>(
  mpi: MPI,
  name: string,
  classes: Readonly<Record<string, C>>,
  kernel: (mpi: MPI, problem: C) => Promise<Outcome>,
): Promise<void> {
  const letter = (mpi.args[0] ?? 'S').toUpperCase();
  const problem = classes[letter];
  if (problem === undefined)
    throw new Error(`${name} has the classes ${Object.keys(classes).join(', ')}, and not ${letter}`);
  const { seconds, operations, errors } = await kernel(mpi, problem);
  if (mpi.rank > 0) return;
  if (errors.length > 0) throw new Error(`${name} class ${letter} on ${mpi.size} ranks is wrong: ${errors.join('; ')}`);
  const mops = operations / seconds;
  if (mpi.args.includes('--json'))
    console.log(JSON.stringify({ kernel: name, class: letter, ranks: mpi.size, seconds, mops, verified: true }));
  else
    console.log(
      `${name} class ${letter}, ${mpi.size} ranks: verified; ${seconds.toFixed(3)} s, ${mops.toFixed(0)} Mop/s`,
    );
}

/** Seconds that `work` takes on the slowest rank, which all begin together. */
export async function timed(mpi: MPI, work: () => Promise<void>): Promise<number> {
  await mpi.world.barrier();
  const start = mpi.wtime();
  await work();
  const longest = new Float64Array([mpi.wtime() - start]);
  await mpi.world.allreduce(longest.slice(), longest, MAX);
  return longest[0]!;
}

/** Compares a figure with the official one. */
export function compare(what: string, figure: number, official: number, tolerance: number): string[] {
  const error = Math.abs((figure - official) / official);
  return error <= tolerance ? [] : [`${what} is ${figure} instead of ${official}, off by ${error.toExponential(1)}`];
}

/** @throws Error unless the number of ranks is a power of two, at most `max`. */
export function checkPowerOfTwo(mpi: MPI, name: string, max: number): void {
  const { size } = mpi;
  if (!Number.isInteger(Math.log2(size)) || size > max)
    throw new Error(`${name} of this class needs 1, 2, 4, ... or ${max} ranks, not ${size}: give --vp`);
}
