/**
 * One level of NAS MG on one rank: its box of a periodic grid, with a layer of neighbours' points around it.
 *
 * `exchange` fills the layer axis by axis, each with what the axes before have brought, so edges and corners come right from
 * six messages. Along an axis with one rank the layer is the box's own other side.
 */
import type { MPI } from 'charm4ts/ampi';

export type Triple = readonly [x: number, y: number, z: number];

/** How the ranks share the grid: numbers of ranks along the axes, and the place of this one. */
export class RankGrid {
  readonly mpi: MPI;
  readonly dims: Triple;
  readonly place: Triple;

  constructor(mpi: MPI, ranks = mpi.size) {
    this.mpi = mpi;
    const dims: [number, number, number] = [1, 1, 1];
    // Faces across z are contiguous, so z is cut first.
    for (let left = ranks, axis = 2; left > 1; left /= 2, axis = (axis + 2) % 3) dims[axis]! *= 2;
    this.dims = dims;
    const rank = ranks === 1 ? 0 : mpi.rank;
    this.place = this.placeOf(rank);
  }

  placeOf(rank: number): Triple {
    const [x, y] = this.dims;
    return [rank % x, Math.floor(rank / x) % y, Math.floor(rank / (x * y))];
  }

  /** The rank next to this one along an axis. */
  neighbour(axis: 0 | 1 | 2, step: 1 | -1): number {
    const place: [number, number, number] = [...this.place];
    place[axis] = (place[axis] + step + this.dims[axis]) % this.dims[axis];
    return place[0] + this.dims[0] * (place[1] + this.dims[1] * place[2]);
  }
}

export class Grid {
  /** Points along each axis of the whole. */
  readonly n: number;
  readonly ranks: RankGrid;
  /** Points of the box. */
  readonly size: Triple;
  /** Points from one row, and from one plane, to the next. */
  readonly row: number;
  readonly plane: number;
  readonly #faces: Float64Array[];

  constructor(n: number, ranks: RankGrid) {
    this.n = n;
    this.ranks = ranks;
    const [x, y, z] = ranks.dims;
    this.size = [n / x, n / y, n / z];
    this.row = this.size[0] + 2;
    this.plane = this.row * (this.size[1] + 2);
    this.#faces = Array.from({ length: 4 }, () => new Float64Array(this.#facePoints()));
  }

  /** The first point of the box in the whole. */
  get origin(): Triple {
    const [x, y, z] = this.ranks.place;
    return [x * this.size[0], y * this.size[1], z * this.size[2]];
  }

  field(): Float64Array {
    return new Float64Array(this.plane * (this.size[2] + 2));
  }

  #facePoints(): number {
    const [x, y, z] = this.size.map((points) => points + 2) as unknown as Triple;
    return Math.max(x * y, y * z, x * z);
  }

  async exchange(field: Float64Array): Promise<void> {
    for (const axis of [0, 1, 2] as const) {
      if (this.ranks.dims[axis] === 1) this.#wrap(field, axis);
      else await this.#swap(field, axis);
    }
  }

  #wrap(field: Float64Array, axis: 0 | 1 | 2): void {
    const [face] = this.#faces as [Float64Array];
    const last = this.size[axis];
    this.#read(field, axis, last, face);
    this.#write(field, axis, 0, face);
    this.#read(field, axis, 1, face);
    this.#write(field, axis, last + 1, face);
  }

  /** Both sides at once. Along an axis with two ranks both neighbours are one, so tags say which side is meant. */
  async #swap(field: Float64Array, axis: 0 | 1 | 2): Promise<void> {
    const { world } = this.ranks.mpi;
    const [low, high] = [this.ranks.neighbour(axis, -1), this.ranks.neighbour(axis, 1)];
    const [outLow, outHigh, inLow, inHigh] = this.#faces.map((face) => face.subarray(0, this.#points(axis))) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const last = this.size[axis];
    const requests = [world.irecv(inLow, low, 2 * axis), world.irecv(inHigh, high, 2 * axis + 1)];
    this.#read(field, axis, last, outHigh);
    requests.push(world.isend(outHigh, high, 2 * axis));
    this.#read(field, axis, 1, outLow);
    requests.push(world.isend(outLow, low, 2 * axis + 1));
    await this.ranks.mpi.waitAll(requests);
    this.#write(field, axis, 0, inLow);
    this.#write(field, axis, last + 1, inHigh);
  }

  /** Points of a face, its edges included. */
  #points(axis: 0 | 1 | 2): number {
    const [x, y, z] = this.size;
    return axis === 0 ? (y + 2) * (z + 2) : axis === 1 ? (x + 2) * (z + 2) : this.plane;
  }

  #read(field: Float64Array, axis: 0 | 1 | 2, at: number, face: Float64Array): void {
    if (axis === 2) face.set(field.subarray(at * this.plane, (at + 1) * this.plane));
    else if (axis === 1)
      for (let k = 0; k < this.size[2] + 2; k++) {
        const from = k * this.plane + at * this.row;
        face.set(field.subarray(from, from + this.row), k * this.row);
      }
    else for (let i = 0, from = at; i < this.#points(0); i++, from += this.row) face[i] = field[from]!;
  }

  #write(field: Float64Array, axis: 0 | 1 | 2, at: number, face: Float64Array): void {
    if (axis === 2) field.set(face.subarray(0, this.plane), at * this.plane);
    else if (axis === 1)
      for (let k = 0; k < this.size[2] + 2; k++)
        field.set(face.subarray(k * this.row, (k + 1) * this.row), k * this.plane + at * this.row);
    else for (let i = 0, to = at; i < this.#points(0); i++, to += this.row) field[to] = face[i]!;
  }
}
