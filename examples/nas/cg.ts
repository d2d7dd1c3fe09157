/**
 * NAS CG: the smallest eigenvalue of a sparse matrix by inverse iteration, each step of which solves with 25 conjugate gradient steps.
 *
 * Each rank has a block of rows. For a product of the matrix with a vector it needs the whole vector: `allgatherv`. Dot products are
 * sums over all ranks, with the same bits on each, so all ranks take the same way.
 *
 *     charm4ts ampi examples/nas/cg.ts --vp 2 --pes 2 A
 */
import { IN_PLACE, type MPI, SUM } from 'charm4ts/ampi';
import { makeMatrix, type Rows } from './support/cg-matrix.ts';
import { compare, type Outcome, runKernel, timed } from './support/kernel.ts';

export interface Problem {
  readonly n: number;
  /** Entries of a random vector. */
  readonly nonzer: number;
  readonly steps: number;
  readonly shift: number;
  readonly zeta: number;
}

const classes: Readonly<Record<string, Problem>> = {
  S: { n: 1400, nonzer: 7, steps: 15, shift: 10, zeta: 8.5971775078648 },
  W: { n: 7000, nonzer: 8, steps: 15, shift: 12, zeta: 10.362595087124 },
  A: { n: 14000, nonzer: 11, steps: 15, shift: 20, zeta: 17.130235054029 },
  B: { n: 75000, nonzer: 13, steps: 75, shift: 60, zeta: 22.712745482631 },
};

const innerSteps = 25;

class Solver {
  readonly #mpi: MPI;
  readonly #matrix: Rows;
  readonly #counts: Int32Array;
  readonly #starts: Int32Array;
  readonly #first: number;
  readonly #count: number;
  /** The direction of the search, whole; this rank's part of it is `p`. */
  readonly #whole: Float64Array;
  readonly #p: Float64Array;
  readonly #q: Float64Array;
  readonly #r: Float64Array;
  readonly #z: Float64Array;
  readonly x: Float64Array;
  readonly #sums = new Float64Array(2);

  constructor(mpi: MPI, { n, nonzer, shift }: Problem) {
    this.#mpi = mpi;
    const bounds = Array.from({ length: mpi.size + 1 }, (_, rank) => Math.floor((rank * n) / mpi.size));
    this.#starts = Int32Array.from(bounds.slice(0, -1));
    this.#counts = this.#starts.map((start, rank) => bounds[rank + 1]! - start);
    this.#first = bounds[mpi.rank]!;
    this.#count = this.#counts[mpi.rank]!;
    this.#matrix = makeMatrix(n, nonzer, shift, this.#first, this.#count);
    this.#whole = new Float64Array(n);
    this.#p = this.#whole.subarray(this.#first, this.#first + this.#count);
    this.#q = new Float64Array(this.#count);
    this.#r = new Float64Array(this.#count);
    this.#z = new Float64Array(this.#count);
    this.x = new Float64Array(this.#count).fill(1);
  }

  /** One step of the outer iteration. Returns x · z, and leaves z / ‖z‖ in x. */
  async step(): Promise<number> {
    await this.#solve();
    const [xz, zz] = await this.#sum(dot(this.x, this.#z), dot(this.#z, this.#z));
    const scale = 1 / Math.sqrt(zz);
    for (let i = 0; i < this.#count; i++) this.x[i] = this.#z[i]! * scale;
    return xz;
  }

  /** z with A z = x, nearly. */
  async #solve(): Promise<void> {
    const [p, q, r, z] = [this.#p, this.#q, this.#r, this.#z];
    z.fill(0);
    r.set(this.x);
    p.set(this.x);
    let [rho] = await this.#sum(dot(r, r), 0);
    for (let step = 0; step < innerSteps; step++) {
      await this.#multiply(q);
      const [pq] = await this.#sum(dot(p, q), 0);
      const alpha = rho / pq;
      const rr = advance(alpha, p, q, r, z);
      const [next] = await this.#sum(rr, 0);
      const beta = next / rho;
      rho = next;
      for (let i = 0; i < p.length; i++) p[i] = r[i]! + beta * p[i]!;
    }
    // The residual ‖x - A z‖, which is part of the benchmark and not of the answer.
    p.set(z);
    await this.#multiply(q);
    let residual = 0;
    for (let i = 0; i < q.length; i++) residual += (this.x[i]! - q[i]!) ** 2;
    await this.#sum(residual, 0);
  }

  /** into = A p */
  async #multiply(into: Float64Array): Promise<void> {
    await this.#mpi.world.allgatherv(IN_PLACE, this.#whole, this.#counts, this.#starts);
    multiplyRows(this.#matrix, this.#whole, into);
  }

  async #sum(a: number, b: number): Promise<[number, number]> {
    const sums = this.#sums;
    sums[0] = a;
    sums[1] = b;
    await this.#mpi.world.allreduce(IN_PLACE, sums, SUM);
    return [sums[0]!, sums[1]!];
  }
}

function multiplyRows({ starts, columns, values }: Rows, x: Float64Array, into: Float64Array): void {
  for (let row = 0; row < into.length; row++) {
    const end = starts[row + 1]!;
    let sum = 0;
    for (let i = starts[row]!; i < end; i++) sum += values[i]! * x[columns[i]!]!;
    into[row] = sum;
  }
}

/** z += alpha p, r -= alpha q. Returns r · r. */
function advance(alpha: number, p: Float64Array, q: Float64Array, r: Float64Array, z: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    z[i] = z[i]! + alpha * p[i]!;
    const rest = r[i]! - alpha * q[i]!;
    r[i] = rest;
    sum += rest * rest;
  }
  return sum;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

async function conjugateGradient(mpi: MPI, problem: Problem): Promise<Outcome> {
  const { n, nonzer, steps, shift } = problem;
  const solver = new Solver(mpi, problem);
  await solver.step();
  solver.x.fill(1);
  let zeta = 0;
  const seconds = await timed(mpi, async () => {
    for (let step = 0; step < steps; step++) zeta = shift + 1 / (await solver.step());
  });
  const entries = nonzer * (nonzer + 1);
  const operations = 2e-6 * steps * n * (3 + entries + innerSteps * (5 + entries) + 3);
  return { seconds, operations, errors: compare('zeta', zeta, problem.zeta, 1e-10) };
}

export default function main(mpi: MPI): Promise<void> {
  return runKernel(mpi, 'CG', classes, conjugateGradient);
}
