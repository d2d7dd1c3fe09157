/**
 * The right side of NAS MG: every point of the grid draws a random number; +1 stands at the ten largest, -1 at the ten smallest,
 * 0 everywhere else.
 */
import type { MPI } from 'charm4ts/ampi';
import type { Grid } from './mg-grid.ts';
import { after, multiplier, multiply, power } from './random.ts';

const seed = 314_159_265;
const charges = 10;

/** Numbers with their points in the whole grid, pair by pair, the most extreme first. */
class Extremes {
  readonly pairs = new Float64Array(2 * charges);
  readonly #sign: 1 | -1;
  #count = 0;

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  offer(value: number, point: number): void {
    const { pairs } = this;
    const sign = this.#sign;
    if (this.#count === charges && sign * value <= sign * pairs[2 * charges - 2]!) return;
    let at = Math.min(this.#count, charges - 1);
    for (; at > 0 && sign * pairs[2 * at - 2]! < sign * value; at--) pairs.copyWithin(2 * at, 2 * at - 2, 2 * at);
    pairs[2 * at] = value;
    pairs[2 * at + 1] = point;
    if (this.#count < charges) this.#count++;
  }

  /** All places that are not taken yet lose against any number. */
  finish(): void {
    for (let at = this.#count; at < charges; at++) {
      this.pairs[2 * at] = -this.#sign * Infinity;
      this.pairs[2 * at + 1] = -1;
    }
  }
}

export async function placeCharges(mpi: MPI, grid: Grid, field: Float64Array): Promise<void> {
  const [largest, smallest] = [new Extremes(1), new Extremes(-1)];
  drawBox(grid, largest, smallest);
  field.fill(0);
  for (const [extremes, sign] of [
    [largest, 1],
    [smallest, -1],
  ] as const) {
    extremes.finish();
    const all = new Float64Array(2 * charges * mpi.size);
    await mpi.world.allgather(extremes.pairs, all);
    const best = new Extremes(sign);
    for (let i = 0; i < all.length; i += 2) if (all[i + 1]! >= 0) best.offer(all[i]!, all[i + 1]!);
    for (let i = 1; i < best.pairs.length; i += 2) setPoint(grid, field, best.pairs[i]!, sign);
  }
}

/** Rows of the box are pieces of the one sequence: x runs fastest, then y, then z. */
function drawBox(grid: Grid, largest: Extremes, smallest: Extremes): void {
  const { n, size, origin } = grid;
  const [perRow, perPlane] = [power(multiplier, n), power(multiplier, n * n)];
  const first = (origin[2] * n + origin[1]) * n + origin[0];
  let plane = multiply(seed, power(multiplier, first));
  for (let k = 0; k < size[2]; k++) {
    let row = plane;
    for (let j = 0; j < size[1]; j++) {
      let state = row;
      const point = ((origin[2] + k) * n + origin[1] + j) * n + origin[0];
      for (let i = 0; i < size[0]; i++) {
        state = after(state);
        largest.offer(state, point + i);
        smallest.offer(state, point + i);
      }
      row = multiply(row, perRow);
    }
    plane = multiply(plane, perPlane);
  }
}

/** Sets a point of the whole grid, if it is in the box. */
function setPoint({ n, size, origin, row, plane }: Grid, field: Float64Array, point: number, value: number): void {
  const at = [point % n, Math.floor(point / n) % n, Math.floor(point / (n * n))].map((p, axis) => p - origin[axis]!);
  if (at.some((p, axis) => p < 0 || p >= size[axis]!)) return;
  field[(at[2]! + 1) * plane + (at[1]! + 1) * row + at[0]! + 1] = value;
}
