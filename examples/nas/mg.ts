/**
 * NAS MG: Poisson's equation on a periodic grid, by V-cycles of multigrid.
 *
 *  1. Fine levels are cut into boxes, one a rank, with a layer of neighbours' points: support/mg-grid.ts.
 *  2. A level on which a rank would have less than two points along an axis, and all coarser ones, every rank has whole: an
 *     `allgather` brings it together, and the same is computed everywhere. That costs less than messages between idle ranks.
 *
 *     charm4ts ampi examples/nas/mg.ts --vp 2 --pes 2 W
 */
import { IN_PLACE, type MPI, SUM } from 'charm4ts/ampi';
import { checkPowerOfTwo, compare, type Outcome, runKernel, timed } from './support/kernel.ts';
import { placeCharges } from './support/mg-charges.ts';
import { Grid, RankGrid, type Triple } from './support/mg-grid.ts';
import {
  makeScratch,
  prolong,
  residual,
  restrict,
  type Scratch,
  type Smoother,
  smooth,
} from './support/mg-stencils.ts';

interface Problem {
  /** The finest level has 2^levels points along an axis. */
  readonly levels: number;
  readonly cycles: number;
  readonly norm: number;
  readonly smoother: Smoother;
}

const gentle: Smoother = [-3 / 8, 1 / 32, -1 / 64];

const classes: Readonly<Record<string, Problem>> = {
  S: { levels: 5, cycles: 4, norm: 0.5307707005734e-4, smoother: gentle },
  W: { levels: 7, cycles: 4, norm: 0.6467329375339e-5, smoother: gentle },
  A: { levels: 8, cycles: 4, norm: 0.2433365309069e-5, smoother: gentle },
  B: { levels: 8, cycles: 20, norm: 0.1800564401355e-5, smoother: [-3 / 17, 1 / 33, -1 / 61] },
};

/** A grid with its unknowns and residuals. */
interface Level {
  readonly grid: Grid;
  readonly u: Float64Array;
  readonly r: Float64Array;
  /** Every rank has the whole of it, but the next finer one is cut: what a rank makes of it, and what it sees of it. */
  readonly window: Window | undefined;
}

/** This rank's box of a level that all have whole. */
interface Window {
  readonly grid: Grid;
  readonly box: Float64Array;
}

class Multigrid {
  readonly #mpi: MPI;
  readonly #levels: Level[] = [];
  readonly #smoother: Smoother;
  readonly #scratch: Scratch;
  readonly #v: Float64Array;

  constructor(mpi: MPI, { levels, smoother }: Problem) {
    this.#mpi = mpi;
    this.#smoother = smoother;
    const [cut, whole] = [new RankGrid(mpi), new RankGrid(mpi, 1)];
    const mustBeWhole = (n: number): boolean => cut.dims.some((ranks) => n / ranks < 2);
    for (let level = 1; level <= levels; level++) {
      const n = 2 ** level;
      const grid = new Grid(n, mustBeWhole(n) ? whole : cut);
      const isBorder = mustBeWhole(n) && !mustBeWhole(2 * n);
      const window = isBorder ? { grid: new Grid(n, cut), box: new Grid(n, cut).field() } : undefined;
      this.#levels.push({ grid, u: grid.field(), r: grid.field(), window });
    }
    this.#scratch = makeScratch(this.#finest.grid);
    this.#v = this.#finest.grid.field();
  }

  get #finest(): Level {
    return this.#levels.at(-1)!;
  }

  async begin(): Promise<void> {
    const { grid, u } = this.#finest;
    u.fill(0);
    await placeCharges(this.#mpi, grid, this.#v);
    await grid.exchange(this.#v);
    await this.residual();
  }

  /** r = v - A u on the finest level. */
  async residual(): Promise<void> {
    const { grid, u, r } = this.#finest;
    residual(grid, u, this.#v, r, this.#scratch);
    await grid.exchange(r);
  }

  async cycle(): Promise<void> {
    const levels = this.#levels;
    for (let level = levels.length - 1; level > 0; level--) await this.#down(levels[level]!, levels[level - 1]!);
    const coarsest = levels[0]!;
    coarsest.u.fill(0);
    await this.#smooth(coarsest);
    for (let level = 1; level < levels.length; level++) {
      const [coarse, fine] = [levels[level - 1]!, levels[level]!];
      const isFinest = level === levels.length - 1;
      if (!isFinest) fine.u.fill(0);
      await this.#up(coarse, fine);
      residual(fine.grid, fine.u, isFinest ? this.#v : fine.r, fine.r, this.#scratch);
      await fine.grid.exchange(fine.r);
      await this.#smooth(fine);
    }
  }

  async norm(): Promise<number> {
    const { grid, r } = this.#finest;
    const sum = new Float64Array(1);
    for (let k = 1; k <= grid.size[2]; k++)
      for (let j = 1; j <= grid.size[1]; j++)
        for (let i = 1; i <= grid.size[0]; i++) sum[0]! += r[k * grid.plane + j * grid.row + i]! ** 2;
    await this.#mpi.world.allreduce(IN_PLACE, sum, SUM);
    return Math.sqrt(sum[0]! / grid.n ** 3);
  }

  async #down(fine: Level, coarse: Level): Promise<void> {
    const { window } = coarse;
    if (window === undefined) restrict(fine.grid, fine.r, coarse.grid, coarse.r, this.#scratch);
    else {
      restrict(fine.grid, fine.r, window.grid, window.box, this.#scratch);
      await this.#bringTogether(window, coarse);
    }
    await coarse.grid.exchange(coarse.r);
  }

  async #bringTogether({ grid, box }: Window, whole: Level): Promise<void> {
    const points = grid.size[0] * grid.size[1] * grid.size[2];
    const all = new Float64Array(points * this.#mpi.size);
    const mine = all.subarray(points * this.#mpi.rank, points * (this.#mpi.rank + 1));
    copyBox(grid.size, (at, i, j, k) => {
      mine[at] = box[indexOf(grid, i, j, k)]!;
    });
    await this.#mpi.world.allgather(IN_PLACE, all);
    for (let rank = 0; rank < this.#mpi.size; rank++) {
      const place = grid.ranks.placeOf(rank).map((p, axis) => p * grid.size[axis]!) as unknown as Triple;
      copyBox(grid.size, (at, i, j, k) => {
        whole.r[indexOf(whole.grid, place[0] + i, place[1] + j, place[2] + k)] = all[rank * points + at]!;
      });
    }
  }

  async #up(coarse: Level, fine: Level): Promise<void> {
    const { window } = coarse;
    if (window === undefined) prolong(coarse.grid, coarse.u, fine.grid, fine.u, this.#scratch);
    else {
      const { grid, box } = window;
      const [x, y, z] = grid.origin;
      for (let k = 0; k < grid.size[2] + 2; k++)
        for (let j = 0; j < grid.size[1] + 2; j++)
          for (let i = 0; i < grid.size[0] + 2; i++)
            box[k * grid.plane + j * grid.row + i] =
              coarse.u[(z + k) * coarse.grid.plane + (y + j) * coarse.grid.row + x + i]!;
      prolong(grid, box, fine.grid, fine.u, this.#scratch);
    }
    await fine.grid.exchange(fine.u);
  }

  async #smooth({ grid, u, r }: Level): Promise<void> {
    smooth(grid, r, u, this.#smoother, this.#scratch);
    await grid.exchange(u);
  }
}

/** Where a point of the box is in a field: indices from 0. */
function indexOf(grid: Grid, i: number, j: number, k: number): number {
  return (k + 1) * grid.plane + (j + 1) * grid.row + i + 1;
}

function copyBox([x, y, z]: Triple, copy: (at: number, i: number, j: number, k: number) => void): void {
  let at = 0;
  for (let k = 0; k < z; k++) for (let j = 0; j < y; j++) for (let i = 0; i < x; i++) copy(at++, i, j, k);
}

async function multigrid(mpi: MPI, problem: Problem): Promise<Outcome> {
  const n = 2 ** problem.levels;
  checkPowerOfTwo(mpi, 'MG', (n / 2) ** 3);
  const solver = new Multigrid(mpi, problem);
  await solver.begin();
  await solver.cycle();
  await solver.begin();
  const seconds = await timed(mpi, async () => {
    await solver.residual();
    for (let cycle = 0; cycle < problem.cycles; cycle++) {
      await solver.cycle();
      await solver.residual();
    }
  });
  const errors = compare('the norm of the residual', await solver.norm(), problem.norm, 1e-8);
  return { seconds, operations: 58e-6 * problem.cycles * n ** 3, errors };
}

export default function main(mpi: MPI): Promise<void> {
  return runKernel(mpi, 'MG', classes, multigrid);
}
