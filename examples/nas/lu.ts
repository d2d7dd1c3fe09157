/**
 * NAS LU: compressible flow in a cube, five unknowns a point, by symmetric successive over-relaxation.
 *
 * Each step: scale the residual, a sweep upwards and one downwards through the planes (support/lu-sweeps.ts), add the result to the
 * state, and compute the residual anew (support/lu-operator.ts). Sweeps send one short message a plane and neighbour.
 *
 *     charm4ts ampi examples/nas/lu.ts --vp 2 --pes 2 W
 */
import { IN_PLACE, type MPI, SUM } from 'charm4ts/ampi';
import { checkPowerOfTwo, compare, type Outcome, runKernel, timed } from './support/kernel.ts';
import { Pencil } from './support/lu-grid.ts';
import { Operator } from './support/lu-operator.ts';
import { c2, exact, initial, omega, unknowns } from './support/lu-problem.ts';
import { Sweeps } from './support/lu-sweeps.ts';

interface Problem {
  readonly n: number;
  readonly steps: number;
  readonly dt: number;
  readonly surface: number;
  readonly residuals: readonly number[];
  readonly errors: readonly number[];
}

const classes: Readonly<Record<string, Problem>> = {
  S: {
    n: 12,
    steps: 50,
    dt: 0.5,
    surface: 7.841892886593708,
    residuals: [
      0.016196343210976703, 0.002197674516482132, 0.0015179927653399185, 0.0015029584435994323, 0.03426407315589646,
    ],
    errors: [
      0.0006422331995796092, 8.414434204734792e-5, 5.8588269616485187e-5, 5.847422259515735e-5, 0.0013103347914111294,
    ],
  },
  W: {
    n: 33,
    steps: 300,
    dt: 1.5e-3,
    surface: 11.61399311023,
    residuals: [12.36511638192, 1.317228477799, 2.550120713095, 2.326187750252, 28.26799444189],
    errors: [0.4867877144216, 0.05064652880982, 0.0928181810196, 0.08570126542733, 1.084277417792],
  },
  A: {
    n: 64,
    steps: 250,
    dt: 2,
    surface: 26.030925604886278,
    residuals: [779.0210760668937, 63.40276525969287, 194.9924972729248, 178.45301160418538, 1838.4760349464248],
    errors: [29.964085685471943, 2.819457636500335, 7.347341269877474, 6.713922568777705, 70.71531568839258],
  },
};

class Solver {
  readonly #mpi: MPI;
  readonly #pencil: Pencil;
  readonly #operator: Operator;
  readonly #sweeps: Sweeps;
  readonly #u: Float64Array;
  readonly #residual: Float64Array;
  readonly #forcing: Float64Array;
  readonly #dt: number;

  constructor(mpi: MPI, { n, dt }: Problem) {
    this.#mpi = mpi;
    this.#dt = dt;
    this.#pencil = new Pencil(mpi, n);
    this.#operator = new Operator(this.#pencil);
    this.#sweeps = new Sweeps(this.#pencil, dt);
    this.#u = this.#pencil.field();
    this.#residual = this.#pencil.field();
    this.#forcing = this.#pencil.field();
    this.#fill(exact);
    this.#operator.apply(this.#u, this.#forcing);
  }

  async begin(): Promise<void> {
    this.#fill(initial);
    await this.#newResidual();
  }

  async step(): Promise<void> {
    const [u, v] = [this.#u, this.#residual];
    for (let i = 0; i < v.length; i++) v[i] = v[i]! * this.#dt;
    await this.#sweeps.run(u, v, 1);
    await this.#sweeps.run(u, v, -1);
    const relaxation = 1 / (omega * (2 - omega));
    this.#eachRow((at, end) => {
      for (let i = at; i < end; i++) u[i] = u[i]! + relaxation * v[i]!;
    });
    await this.#pencil.exchange(u);
    await this.#newResidual();
  }

  /** Residual and error of each unknown, and the surface integral. */
  async figures(): Promise<{ residuals: Float64Array; errors: Float64Array; surface: number }> {
    const { n } = this.#pencil;
    const sums = new Float64Array(2 * unknowns + 1);
    this.#eachPoint((i, j, k, at) => {
      for (let c = 0; c < unknowns; c++) {
        sums[c]! += this.#residual[at + c]! ** 2;
        sums[unknowns + c]! += (exact(c, ...this.#position(i, j, k)) - this.#u[at + c]!) ** 2;
      }
    });
    sums[2 * unknowns] = this.#surface();
    await this.#mpi.world.allreduce(IN_PLACE, sums, SUM);
    const means = sums.map((sum) => Math.sqrt(sum / (n - 2) ** 3));
    return {
      residuals: means.slice(0, unknowns),
      errors: means.slice(unknowns, 2 * unknowns),
      surface: sums[2 * unknowns]! / (4 * (n - 1) ** 2),
    };
  }

  /** This rank's part: a point counts once for each cell of a face that it is a corner of. */
  #surface(): number {
    const { n, first } = this.#pencil;
    const ends = [
      [1, n - 2],
      [1, n - 3],
      [2, n - 2],
    ] as const;
    const weight = (axis: 0 | 1 | 2, at: number): number => {
      const [low, high] = ends[axis];
      return at < low || at > high ? 0 : at === low || at === high ? 1 : 2;
    };
    let sum = 0;
    this.#eachPoint((i, j, k, at) => {
      const [x, y, z] = [weight(0, first[0] + i), weight(1, first[1] + j), weight(2, k)];
      const faces = (x === 1 ? y * z : 0) + (y === 1 ? x * z : 0) + (z === 1 ? x * y : 0);
      if (faces === 0) return;
      const u = this.#u;
      const kinetic = (u[at + 1]! ** 2 + u[at + 2]! ** 2 + u[at + 3]! ** 2) / (2 * u[at]!);
      sum += faces * c2 * (u[at + 4]! - kinetic);
    });
    return sum;
  }

  async #newResidual(): Promise<void> {
    this.#operator.apply(this.#u, this.#residual);
    const [r, f] = [this.#residual, this.#forcing];
    this.#eachRow((at, end) => {
      for (let i = at; i < end; i++) r[i] = r[i]! - f[i]!;
    });
  }

  #position(i: number, j: number, k: number): [number, number, number] {
    const { n, first } = this.#pencil;
    return [(first[0] + i) / (n - 1), (first[1] + j) / (n - 1), k / (n - 1)];
  }

  /** Sets the pencil and the layers of its neighbours. */
  #fill(field: typeof exact): void {
    const { n, size } = this.#pencil;
    for (let k = 0; k < n; k++)
      for (let j = -2; j < size[1] + 2; j++)
        for (let i = -2; i < size[0] + 2; i++) {
          const [x, y, z] = this.#position(i, j, k);
          const at = this.#pencil.at(i, j, k);
          const isFace = [x, y, z].some((p) => p === 0 || p === 1);
          for (let c = 0; c < unknowns; c++) this.#u[at + c] = isFace ? exact(c, x, y, z) : field(c, x, y, z);
        }
  }

  /** All points of the pencil inside the cube. */
  #eachPoint(visit: (i: number, j: number, k: number, at: number) => void): void {
    const [x, y] = [this.#pencil.inside(0), this.#pencil.inside(1)];
    for (let k = 1; k < this.#pencil.n - 1; k++)
      for (let j = y[0]; j < y[1]; j++) for (let i = x[0]; i < x[1]; i++) visit(i, j, k, this.#pencil.at(i, j, k));
  }

  #eachRow(visit: (at: number, end: number) => void): void {
    const [x, y] = [this.#pencil.inside(0), this.#pencil.inside(1)];
    for (let k = 1; k < this.#pencil.n - 1; k++)
      for (let j = y[0]; j < y[1]; j++) visit(this.#pencil.at(x[0], j, k), this.#pencil.at(x[1], j, k));
  }
}

async function relaxation(mpi: MPI, problem: Problem): Promise<Outcome> {
  const { n, steps } = problem;
  checkPowerOfTwo(mpi, 'LU', 4 ** Math.floor(Math.log2(n / 3)));
  const solver = new Solver(mpi, problem);
  await solver.begin();
  await solver.step();
  await solver.begin();
  const seconds = await timed(mpi, async () => {
    for (let step = 0; step < steps; step++) await solver.step();
  });
  const found = await solver.figures();
  const errors = compare('the surface integral', found.surface, problem.surface, 1e-8);
  for (let c = 0; c < unknowns; c++) {
    errors.push(...compare(`the residual of unknown ${c + 1}`, found.residuals[c]!, problem.residuals[c]!, 1e-8));
    errors.push(...compare(`the error of unknown ${c + 1}`, found.errors[c]!, problem.errors[c]!, 1e-8));
  }
  const operations = 1e-6 * steps * (1984.77 * n ** 3 - 10923.3 * n ** 2 + 27770.9 * n - 144010);
  return { seconds, operations, errors };
}

export default function main(mpi: MPI): Promise<void> {
  return runKernel(mpi, 'LU', classes, relaxation);
}
