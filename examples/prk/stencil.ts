/**
 * PRK stencil: a star of radius 2 over a square that is cut into blocks, with halos two points wide.
 *
 *     charm4ts ampi examples/prk/stencil.ts --vp 4 --pes 2 -- order=1000 iterations=10
 */
import { IN_PLACE, type MPI, SUM } from 'charm4ts/ampi';
import { settingsFrom } from '../support/settings.ts';
import { gridOf, report, shareOf, timed } from './report.ts';

const radius = 2;

export default async function main(mpi: MPI): Promise<void> {
  const { order, iterations } = settingsFrom(mpi.args, { order: 200, iterations: 10 });
  const block = new Block(mpi, order);
  const seconds = await timed(mpi, iterations, () => block.step());
  const sum = new Float64Array([block.sum()]);
  await mpi.world.allreduce(IN_PLACE, sum, SUM);
  const active = (order - 2 * radius) ** 2;
  // The input grows by one in x and one in y a point, and the weights add up each slope once.
  const norm = sum[0]! / active;
  const expected = 2 * (iterations + 1);
  const mflops = ((2 * (4 * radius + 1) + 1) * active) / 1e6 / seconds;
  report(mpi, 'stencil', Math.abs(norm - expected) < 1e-8, `the norm is ${norm}, not ${expected}`, mflops, 'Mflop/s');
}

class Block {
  readonly #mpi: MPI;
  readonly #order: number;
  readonly #x: { readonly first: number; readonly count: number };
  readonly #y: { readonly first: number; readonly count: number };
  readonly #row: number;
  readonly #in: Float64Array;
  readonly #out: Float64Array;
  /** Ranks at -x, +x, -y, +y. */
  readonly #neighbours: readonly (number | undefined)[];

  constructor(mpi: MPI, order: number) {
    const [columns, rows] = gridOf(mpi.size);
    const [i, j] = [mpi.rank % columns, Math.floor(mpi.rank / columns)];
    this.#mpi = mpi;
    this.#order = order;
    this.#x = shareOf(order, i, columns);
    this.#y = shareOf(order, j, rows);
    if (Math.min(this.#x.count, this.#y.count) < radius)
      throw new Error(`order=${order} is too small for ${mpi.size} ranks`);
    this.#row = this.#x.count + 2 * radius;
    this.#in = new Float64Array(this.#row * (this.#y.count + 2 * radius));
    this.#out = new Float64Array(this.#x.count * this.#y.count);
    for (let y = 0; y < this.#y.count; y++)
      for (let x = 0; x < this.#x.count; x++) this.#in[this.#at(x, y)] = this.#x.first + x + this.#y.first + y;
    const at = (di: number, dj: number): number | undefined => {
      const [a, b] = [i + di, j + dj];
      return a < 0 || a >= columns || b < 0 || b >= rows ? undefined : b * columns + a;
    };
    this.#neighbours = [at(-1, 0), at(1, 0), at(0, -1), at(0, 1)];
  }

  #at(x: number, y: number): number {
    return (y + radius) * this.#row + x + radius;
  }

  async step(): Promise<void> {
    await this.#exchange();
    const [x0, x1] = inside(this.#x, this.#order);
    const [y0, y1] = inside(this.#y, this.#order);
    for (let y = y0; y < y1; y++)
      starRow(this.#in, this.#out, this.#at(x0, y), y * this.#x.count + x0, x1 - x0, this.#row);
    for (let y = 0; y < this.#y.count; y++)
      for (let x = 0, at = this.#at(0, y); x < this.#x.count; x++, at++) this.#in[at] = this.#in[at]! + 1;
  }

  sum(): number {
    return this.#out.reduce((total, value) => total + Math.abs(value), 0);
  }

  async #exchange(): Promise<void> {
    const { world } = this.#mpi;
    const sides = this.#sides();
    const requests = sides.map(({ rank, halo, tag }) => world.irecv(halo.buffer, rank, tag));
    for (const { rank, edge, opposite } of sides) requests.push(world.isend(this.#copy(edge), rank, opposite));
    await this.#mpi.waitAll(requests);
    for (const { halo } of sides) this.#paste(halo);
  }

  #sides() {
    const { count: w } = this.#x;
    const { count: h } = this.#y;
    const areas = [
      { halo: [-radius, 0, radius, h], edge: [0, 0, radius, h], tag: 0, opposite: 1 },
      { halo: [w, 0, radius, h], edge: [w - radius, 0, radius, h], tag: 1, opposite: 0 },
      { halo: [0, -radius, w, radius], edge: [0, 0, w, radius], tag: 2, opposite: 3 },
      { halo: [0, h, w, radius], edge: [0, h - radius, w, radius], tag: 3, opposite: 2 },
    ] as const;
    return areas.flatMap(({ halo, edge, tag, opposite }, side) => {
      const rank = this.#neighbours[side];
      const buffer = new Float64Array(halo[2] * halo[3]);
      return rank === undefined ? [] : [{ rank, tag, opposite, edge, halo: { area: halo, buffer } }];
    });
  }

  #copy([x, y, w, h]: readonly [number, number, number, number]): Float64Array {
    const copy = new Float64Array(w * h);
    for (let j = 0; j < h; j++) copy.set(this.#in.subarray(this.#at(x, y + j), this.#at(x + w, y + j)), j * w);
    return copy;
  }

  #paste({
    area: [x, y, w, h],
    buffer,
  }: {
    area: readonly [number, number, number, number];
    buffer: Float64Array;
  }): void {
    for (let j = 0; j < h; j++) this.#in.set(buffer.subarray(j * w, (j + 1) * w), this.#at(x, y + j));
  }
}

/** Points with the whole star inside the square. */
function inside({ first, count }: { first: number; count: number }, order: number): readonly [number, number] {
  return [Math.max(0, radius - first), Math.min(count, order - radius - first)];
}

/** Weights are 1 / (2 r d) at distance d, negative on the lower side: differences of the first order. */
function starRow(from: Float64Array, out: Float64Array, at: number, to: number, count: number, row: number): void {
  const [near, far] = [1 / (2 * radius), 1 / (4 * radius)];
  for (let i = 0; i < count; i++) {
    const c = at + i;
    out[to + i] =
      out[to + i]! +
      near * (from[c + 1]! - from[c - 1]! + from[c + row]! - from[c - row]!) +
      far * (from[c + 2]! - from[c - 2]! + from[c + 2 * row]! - from[c - 2 * row]!);
  }
}
