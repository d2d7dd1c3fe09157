/**
 * PRK AMR: a stencil over a square of which one corner after the other is refined for a while. A refinement is interpolated from the
 * square when it begins, is spread over all ranks, and does several small steps for each of the square's.
 *
 *     charm4ts ampi examples/prk/amr.ts --vp 4 --pes 2 -- order=1000 refined=100 level=2 iterations=20
 */
import { IN_PLACE, type MPI, SUM } from 'charm4ts/ampi';
import { settingsFrom } from '../support/settings.ts';
import { report, shareOf, timed } from './report.ts';

const radius = 2;

interface Settings {
  readonly order: number;
  /** Points of the square along a side of what is refined. */
  readonly refined: number;
  /** Its points lie 2^level times as dense. */
  readonly level: number;
  /** A refinement begins every so many iterations, and lasts so many. */
  readonly period: number;
  readonly duration: number;
  readonly substeps: number;
}

export default async function main(mpi: MPI): Promise<void> {
  const defaults = { order: 120, refined: 20, level: 2, period: 5, duration: 3, substeps: 2, iterations: 20 };
  const { iterations, ...settings } = settingsFrom(mpi.args, defaults);
  if (settings.duration > settings.period) throw new Error('duration is at most period: one refinement at a time');
  const mesh = new Mesh(mpi, settings);
  const seconds = await timed(mpi, iterations, (i) => mesh.step(i));
  const { error, points } = await mesh.check(iterations + 1);
  const mflops = ((2 * (4 * radius + 1) + 1) * points) / 1e6 / (seconds * (iterations + 1));
  report(mpi, 'amr', error === '', error, mflops, 'Mflop/s');
}

class Mesh {
  readonly #mpi: MPI;
  readonly #settings: Settings;
  readonly #square: Rows;
  #refinement: Rows | undefined = undefined;
  #substeps = 0;
  #points = 0;
  #error = '';

  constructor(mpi: MPI, settings: Settings) {
    this.#mpi = mpi;
    this.#settings = settings;
    this.#square = new Rows(mpi, settings.order, (x, y) => x + y);
  }

  async step(iteration: number): Promise<void> {
    const { period, duration, substeps } = this.#settings;
    const age = iteration % period;
    if (age === 0) await this.#begin(Math.floor(iteration / period) % 4);
    if (age < duration) {
      for (let i = 0; i < substeps; i++) this.#points += await this.#refinement!.step();
      this.#substeps += substeps;
    }
    this.#points += await this.#square.step();
  }

  /** What is wrong, and how many points have been computed in all. */
  async check(iterations: number): Promise<{ readonly error: string; readonly points: number }> {
    await this.#checkRefinement();
    await this.#expect('the square', this.#square, 2 * iterations);
    return { error: this.#error, points: this.#points };
  }

  async #begin(corner: number): Promise<void> {
    await this.#checkRefinement();
    const { order, refined, level } = this.#settings;
    const far = order - refined;
    const origin = [corner % 2 === 0 ? 0 : far, corner < 2 ? 0 : far] as const;
    const dense = 2 ** level;
    const size = (refined - 1) * dense + 1;
    const patch = await fetchPatch(this.#mpi, this.#square, origin, refined, size, dense);
    this.#refinement = new Rows(this.#mpi, size, (x, y) => patch(x / dense, y / dense));
    this.#substeps = 0;
  }

  /** The interpolated slopes are those of the square, over shorter distances. */
  async #checkRefinement(): Promise<void> {
    const expected = (2 * this.#substeps) / 2 ** this.#settings.level;
    if (this.#refinement !== undefined) await this.#expect('a refinement', this.#refinement, expected);
  }

  async #expect(what: string, rows: Rows, expected: number): Promise<void> {
    const mean = await rows.mean();
    if (Math.abs(mean - expected) > 1e-8 * Math.max(1, expected))
      this.#error ||= `the norm of ${what} is ${mean}, not ${expected}`;
  }
}

/** A square grid, cut into rows, with two rows of each neighbour around this rank's. */
class Rows {
  readonly size: number;
  readonly first: number;
  readonly count: number;
  readonly #mpi: MPI;
  readonly #in: Float64Array;
  readonly #out: Float64Array;

  constructor(mpi: MPI, size: number, initial: (x: number, y: number) => number) {
    const { first, count } = shareOf(size, mpi.rank, mpi.size);
    if (Math.floor(size / mpi.size) < radius)
      throw new Error(`a grid of ${size} rows is too small for ${mpi.size} ranks`);
    [this.#mpi, this.size, this.first, this.count] = [mpi, size, first, count];
    this.#in = new Float64Array(size * (count + 2 * radius));
    this.#out = new Float64Array(size * count);
    for (let y = 0; y < count; y++) for (let x = 0; x < size; x++) this.#in[this.#at(x, y)] = initial(x, first + y);
  }

  #at(x: number, y: number): number {
    return (y + radius) * this.size + x;
  }

  /** Some of this rank's rows, from column `x` on. */
  copy(x: number, width: number, fromRow: number, endRow: number): Float64Array {
    const copy = new Float64Array(width * (endRow - fromRow));
    for (let row = fromRow; row < endRow; row++) {
      const at = this.#at(x, row - this.first);
      copy.set(this.#in.subarray(at, at + width), (row - fromRow) * width);
    }
    return copy;
  }

  /** Returns how many points of all ranks have been computed. */
  async step(): Promise<number> {
    await this.#exchange();
    const from = Math.max(0, radius - this.first);
    const end = Math.min(this.count, this.size - radius - this.first);
    for (let y = from; y < end; y++) this.#star(y);
    for (let i = this.#at(0, 0); i < this.#at(0, this.count); i++) this.#in[i] = this.#in[i]! + 1;
    return (this.size - 2 * radius) ** 2;
  }

  #star(y: number): void {
    const [from, out, row] = [this.#in, this.#out, this.size];
    for (let x = radius; x < this.size - radius; x++) {
      const c = this.#at(x, y);
      const to = y * row + x;
      out[to] =
        out[to]! +
        0.25 * (from[c + 1]! - from[c - 1]! + from[c + row]! - from[c - row]!) +
        0.125 * (from[c + 2]! - from[c - 2]! + from[c + 2 * row]! - from[c - 2 * row]!);
    }
  }

  async #exchange(): Promise<void> {
    const { world, rank, size } = this.#mpi;
    const rows = (y: number): Float64Array => this.#in.subarray(this.#at(0, y), this.#at(0, y + radius));
    const requests = [];
    if (rank > 0) requests.push(world.irecv(rows(-radius), rank - 1, 1), world.isend(rows(0), rank - 1, 2));
    if (rank < size - 1)
      requests.push(world.irecv(rows(this.count), rank + 1, 2), world.isend(rows(this.count - radius), rank + 1, 1));
    await this.#mpi.waitAll(requests);
  }

  async mean(): Promise<number> {
    const sum = new Float64Array([this.#out.reduce((total, value) => total + Math.abs(value), 0)]);
    await this.#mpi.world.allreduce(IN_PLACE, sum, SUM);
    return sum[0]! / (this.size - 2 * radius) ** 2;
  }
}

/**
 * The part of the square that this rank's rows of a refinement are interpolated from, as a function of places in the patch. Every rank
 * sends to each other one what that needs of its rows.
 */
async function fetchPatch(
  mpi: MPI,
  square: Rows,
  [x0, y0]: readonly [number, number],
  width: number,
  size: number,
  dense: number,
): Promise<(x: number, y: number) => number> {
  const needsOf = (rank: number): readonly [number, number] => {
    const { first, count } = shareOf(size, rank, mpi.size);
    return [y0 + Math.floor(first / dense), Math.min(y0 + width, y0 + Math.floor((first + count - 1) / dense) + 2)];
  };
  const [low, high] = needsOf(mpi.rank);
  const patch = new Float64Array(width * (high - low));
  const requests = [];
  for (let rank = 0; rank < mpi.size; rank++) {
    const theirs = shareOf(square.size, rank, mpi.size);
    const [from, end] = [Math.max(low, theirs.first), Math.min(high, theirs.first + theirs.count)];
    if (from < end) requests.push(mpi.world.irecv(patch.subarray((from - low) * width, (end - low) * width), rank, 3));
  }
  for (let rank = 0; rank < mpi.size; rank++) {
    const [theirLow, theirHigh] = needsOf(rank);
    const [from, end] = [Math.max(theirLow, square.first), Math.min(theirHigh, square.first + square.count)];
    if (from < end) requests.push(mpi.world.isend(square.copy(x0, width, from, end), rank, 3));
  }
  await mpi.waitAll(requests);
  return (x, y) => {
    // On the last row there is nothing above, and nothing of it is needed.
    const [i, j] = [Math.min(Math.floor(x), width - 2), Math.floor(y)];
    const at = (j - (low - y0)) * width + i;
    const [dx, dy] = [x - i, y - j];
    const lower = patch[at]! * (1 - dx) + patch[at + 1]! * dx;
    const upper = dy === 0 ? 0 : patch[at + width]! * (1 - dx) + patch[at + width + 1]! * dx;
    return lower * (1 - dy) + upper * dy;
  };
}
