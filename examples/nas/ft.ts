/**
 * NAS FT: the heat equation in three dimensions, solved in Fourier space.
 *
 *  1. Each rank has a slab of planes of z. Lines along x and y are transformed inside them.
 *  2. `alltoall` turns the slabs: each rank then has all z for a part of y, and transforms along z.
 *  3. In each step the spectrum decays; a copy of it goes the same way back, and 1,024 of its points are added up.
 *
 *     charm4ts ampi examples/nas/ft.ts --vp 2 --pes 2 A
 */
import { IN_PLACE, type MPI, SUM } from 'charm4ts/ampi';
import { Fft } from './support/fft.ts';
import { checkPowerOfTwo, type Outcome, runKernel, timed } from './support/kernel.ts';
import { RandomStream } from './support/random.ts';

interface Problem {
  readonly size: readonly [nx: number, ny: number, nz: number];
  /** Real and imaginary part for each step. */
  readonly sums: readonly (readonly [number, number])[];
}

const classes: Readonly<Record<string, Problem>> = {
  S: {
    size: [64, 64, 64],
    sums: [
      [554.6087004964, 484.5363331978],
      [554.6385409189, 486.5304269511],
      [554.6148406171, 488.3910722336],
      [554.5423607415, 490.1273169046],
      [554.4255039624, 491.7475857993],
      [554.2683411902, 493.2597244941],
    ],
  },
  W: {
    size: [128, 128, 32],
    sums: [
      [567.3612178944, 529.3246849175],
      [563.1436885271, 528.2149986629],
      [559.402408997, 527.0996558037],
      [556.069804702, 526.0027904925],
      [553.089899125, 524.9400845633],
      [550.4159734538, 523.9212247086],
    ],
  },
  A: {
    size: [256, 256, 128],
    sums: [
      [504.6735008193, 511.404790551],
      [505.9412319734, 509.8809666433],
      [506.9376896287, 509.8144042213],
      [507.7892868474, 510.1336130759],
      [508.5233095391, 510.4914655194],
      [509.1487099959, 510.7917842803],
    ],
  },
};

const seed = 314_159_265;
const alpha = 1e-6;
const samples = 1024;

class Spectral {
  readonly #mpi: MPI;
  readonly #nx: number;
  readonly #ny: number;
  readonly #nz: number;
  /** Planes of z and rows of y that this rank has, in one shape and in the other. */
  readonly #planes: number;
  readonly #rows: number;
  readonly #fft: readonly [x: Fft, y: Fft, z: Fft];
  /** Complex numbers in slabs: [planes of this rank][ny][nx]. */
  readonly #slab: Float64Array;
  /** What is sent or has come, block by block. */
  readonly #blocks: Float64Array;
  /** [nz][rows of this rank][nx]. */
  readonly #spectrum: Float64Array;
  readonly #work: Float64Array;
  /** What a step leaves of each wave. */
  readonly #decay: Float64Array;

  constructor(mpi: MPI, [nx, ny, nz]: Problem['size']) {
    [this.#mpi, this.#nx, this.#ny, this.#nz] = [mpi, nx, ny, nz];
    this.#planes = nz / mpi.size;
    this.#rows = ny / mpi.size;
    this.#fft = [new Fft(nx), new Fft(ny), new Fft(nz)];
    const points = (nx * ny * nz) / mpi.size;
    this.#slab = new Float64Array(2 * points);
    this.#blocks = new Float64Array(2 * points);
    this.#spectrum = new Float64Array(2 * points);
    this.#work = new Float64Array(2 * points);
    this.#decay = new Float64Array(points);
  }

  /** The decay and the initial field, and its spectrum. */
  async begin(): Promise<void> {
    this.#makeDecay();
    new RandomStream(seed, 2 * this.#nx * this.#ny * this.#planes * this.#mpi.rank).fill(this.#slab);
    await this.#forward();
  }

  /** One step; the sum of the samples. */
  async step(): Promise<[number, number]> {
    const spectrum = this.#spectrum;
    const decay = this.#decay;
    for (let i = 0; i < decay.length; i++) {
      const factor = decay[i]!;
      spectrum[2 * i] = spectrum[2 * i]! * factor;
      spectrum[2 * i + 1] = spectrum[2 * i + 1]! * factor;
    }
    await this.#backward();
    return this.#sum();
  }

  #makeDecay(): void {
    const firstRow = this.#rows * this.#mpi.rank;
    let at = 0;
    for (let k = 0; k < this.#nz; k++) {
      const kk = wave(k, this.#nz) ** 2;
      for (let j = 0; j < this.#rows; j++) {
        const jk = kk + wave(firstRow + j, this.#ny) ** 2;
        for (let i = 0; i < this.#nx; i++)
          this.#decay[at++] = Math.exp(-4 * alpha * Math.PI ** 2 * (jk + wave(i, this.#nx) ** 2));
      }
    }
  }

  async #forward(): Promise<void> {
    this.#transformPlanes(-1);
    this.#copyRows((block, slab) => block.set(slab));
    await this.#mpi.world.alltoall(this.#blocks, this.#spectrum);
    this.#transformAlongZ(this.#spectrum, -1);
  }

  async #backward(): Promise<void> {
    this.#work.set(this.#spectrum);
    this.#transformAlongZ(this.#work, 1);
    await this.#mpi.world.alltoall(this.#work, this.#blocks);
    this.#copyRows((block, slab) => slab.set(block));
    this.#transformPlanes(1);
  }

  #transformPlanes(sign: 1 | -1): void {
    const [nx, ny] = [this.#nx, this.#ny];
    for (let plane = 0; plane < this.#planes; plane++) {
      const first = plane * nx * ny;
      this.#fft[0].transform(this.#slab, { count: ny, first, lineStride: nx, placeStride: 1 }, sign);
      this.#fft[1].transform(this.#slab, { count: nx, first, lineStride: 1, placeStride: nx }, sign);
    }
  }

  #transformAlongZ(data: Float64Array, sign: 1 | -1): void {
    const lines = this.#rows * this.#nx;
    this.#fft[2].transform(data, { count: lines, first: 0, lineStride: 1, placeStride: lines }, sign);
  }

  /** Pairs each rank's rows of each plane in the blocks with the same rows in the slab. */
  #copyRows(copy: (block: Float64Array, slab: Float64Array) => void): void {
    const run = 2 * this.#rows * this.#nx;
    for (let rank = 0; rank < this.#mpi.size; rank++) {
      for (let plane = 0; plane < this.#planes; plane++) {
        const block = (rank * this.#planes + plane) * run;
        const slab = (plane * this.#mpi.size + rank) * run;
        copy(this.#blocks.subarray(block, block + run), this.#slab.subarray(slab, slab + run));
      }
    }
  }

  async #sum(): Promise<[number, number]> {
    const sum = new Float64Array(2);
    const firstPlane = this.#planes * this.#mpi.rank;
    for (let j = 1; j <= samples; j++) {
      const plane = ((5 * j) % this.#nz) - firstPlane;
      if (plane < 0 || plane >= this.#planes) continue;
      const at = (plane * this.#ny + ((3 * j) % this.#ny)) * this.#nx + (j % this.#nx);
      sum[0]! += this.#slab[2 * at]!;
      sum[1]! += this.#slab[2 * at + 1]!;
    }
    await this.#mpi.world.allreduce(IN_PLACE, sum, SUM);
    const points = this.#nx * this.#ny * this.#nz;
    return [sum[0]! / points, sum[1]! / points];
  }
}

/** The wave number of a place in a spectrum of n. */
function wave(i: number, n: number): number {
  return ((i + n / 2) % n) - n / 2;
}

async function fourier(mpi: MPI, { size, sums }: Problem): Promise<Outcome> {
  checkPowerOfTwo(mpi, 'FT', Math.min(size[1], size[2]));
  const spectral = new Spectral(mpi, size);
  await spectral.begin();
  const found: [number, number][] = [];
  const seconds = await timed(mpi, async () => {
    await spectral.begin();
    for (let step = 0; step < sums.length; step++) found.push(await spectral.step());
  });
  const errors = sums.flatMap(([re, im], step) => {
    const error = Math.hypot(found[step]![0] - re, found[step]![1] - im) / Math.hypot(re, im);
    return error <= 1e-12 ? [] : [`the sum of step ${step + 1} is off by ${error.toExponential(1)}`];
  });
  const points = size[0] * size[1] * size[2];
  const log = Math.log(points);
  const operations = 1e-6 * points * (14.8157 + 7.19641 * log + (5.23518 + 7.21113 * log) * sums.length);
  return { seconds, operations, errors };
}

export default function main(mpi: MPI): Promise<void> {
  return runKernel(mpi, 'FT', classes, fourier);
}
