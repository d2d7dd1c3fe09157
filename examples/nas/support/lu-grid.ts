/**
 * The pencil of one rank in NAS LU: x and y are cut among the ranks, z is whole. Fields have two layers around the pencil.
 *
 *  - `exchange` fills the layers with the neighbours' points, along x and along y. Corners are not needed.
 *  - Sweeps go plane by plane: `receiveEdges` waits for the edges of a plane that the ranks before have finished, `sendEdges`
 *    hands on this rank's. So ranks work on different planes at a time, like an assembly line.
 */
import type { MPI } from 'charm4ts/ampi';
import { unknowns } from './lu-problem.ts';

const layers = 2;
type Axis = 0 | 1;
/** Towards larger indices, or smaller ones. */
export type Direction = 1 | -1;

export class Pencil {
  /** Points along an axis of the whole cube. */
  readonly n: number;
  /** The first point of the pencil along x and y, and how many it has. */
  readonly first: readonly [number, number];
  readonly size: readonly [number, number];
  /** Distance of neighbours in a field, along x, y and z. */
  readonly strides: readonly [number, number, number];
  readonly #mpi: MPI;
  readonly #dims: readonly [number, number];
  readonly #place: readonly [number, number];
  readonly #buffers: readonly Float64Array[];

  constructor(mpi: MPI, n: number) {
    this.#mpi = mpi;
    this.n = n;
    const bits = Math.log2(mpi.size);
    this.#dims = [2 ** Math.ceil(bits / 2), 2 ** Math.floor(bits / 2)];
    this.#place = [mpi.rank % this.#dims[0], Math.floor(mpi.rank / this.#dims[0])];
    const bound = (axis: Axis, place: number): number => Math.floor((place * n) / this.#dims[axis]);
    this.first = [bound(0, this.#place[0]), bound(1, this.#place[1])];
    this.size = [bound(0, this.#place[0] + 1) - this.first[0], bound(1, this.#place[1] + 1) - this.first[1]];
    const row = unknowns * (this.size[0] + 2 * layers);
    this.strides = [unknowns, row, row * (this.size[1] + 2 * layers)];
    const most = layers * unknowns * n * Math.max(...this.size);
    this.#buffers = Array.from({ length: 4 }, () => new Float64Array(most));
  }

  field(): Float64Array {
    return new Float64Array(this.strides[2] * (this.n + 2 * layers));
  }

  /** Where a point is in a field; indices from 0 in the pencil along x and y. */
  at(i: number, j: number, k: number): number {
    return (k + layers) * this.strides[2] + (j + layers) * this.strides[1] + (i + layers) * unknowns;
  }

  /** The points of the pencil that are inside the cube: from, and behind the last. */
  inside(axis: Axis): readonly [number, number] {
    const from = this.first[axis] === 0 ? 1 : 0;
    const end = this.first[axis] + this.size[axis] === this.n ? this.size[axis] - 1 : this.size[axis];
    return [from, end];
  }

  #neighbour(axis: Axis, step: Direction): number | undefined {
    const place: [number, number] = [...this.#place];
    place[axis] += step;
    if (place[axis] < 0 || place[axis] >= this.#dims[axis]) return undefined;
    return place[0] + this.#dims[0] * place[1];
  }

  async exchange(field: Float64Array): Promise<void> {
    for (const axis of [0, 1] as const) {
      const [inLow, inHigh, outLow, outHigh] = this.#buffers as [
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      const count = layers * unknowns * this.n * this.size[1 - axis]!;
      const requests = [];
      for (const [step, into, out] of [
        [-1, inLow, outLow],
        [1, inHigh, outHigh],
      ] as const) {
        const other = this.#neighbour(axis, step);
        if (other === undefined) continue;
        requests.push(this.#mpi.world.irecv(into.subarray(0, count), other, axis));
        this.#copyLayers(axis, step === -1 ? 0 : this.size[axis] - layers, field, out, true);
        requests.push(this.#mpi.world.isend(out.subarray(0, count), other, axis));
      }
      await this.#mpi.waitAll(requests);
      if (this.#neighbour(axis, -1) !== undefined) this.#copyLayers(axis, -layers, field, inLow, false);
      if (this.#neighbour(axis, 1) !== undefined) this.#copyLayers(axis, this.size[axis], field, inHigh, false);
    }
  }

  #copyLayers(axis: Axis, from: number, field: Float64Array, buffer: Float64Array, isOut: boolean): void {
    let at = 0;
    const copy = (point: number, length: number): void => {
      if (isOut) buffer.set(field.subarray(point, point + length), at);
      else field.set(buffer.subarray(at, at + length), point);
      at += length;
    };
    for (let k = 0; k < this.n; k++)
      if (axis === 0) for (let j = 0; j < this.size[1]; j++) copy(this.at(from, j, k), layers * unknowns);
      else for (let layer = 0; layer < layers; layer++) copy(this.at(0, from + layer, k), this.size[0] * unknowns);
  }

  /** The edges of plane k that a sweep in this direction needs, from the ranks before. */
  async receiveEdges(field: Float64Array, k: number, direction: Direction): Promise<void> {
    for (const axis of [0, 1] as const) {
      const other = this.#neighbour(axis, direction === 1 ? -1 : 1);
      if (other === undefined) continue;
      const edge = this.#buffers[axis]!.subarray(0, unknowns * this.size[1 - axis]!);
      await this.#mpi.world.recv(edge, other, 2 + axis);
      this.#copyEdge(axis, direction === 1 ? -1 : this.size[axis], k, field, edge, false);
    }
  }

  async sendEdges(field: Float64Array, k: number, direction: Direction): Promise<void> {
    for (const axis of [0, 1] as const) {
      const other = this.#neighbour(axis, direction);
      if (other === undefined) continue;
      const edge = this.#buffers[2 + axis]!.subarray(0, unknowns * this.size[1 - axis]!);
      this.#copyEdge(axis, direction === 1 ? this.size[axis] - 1 : 0, k, field, edge, true);
      await this.#mpi.world.send(edge, other, 2 + axis);
    }
  }

  #copyEdge(axis: Axis, position: number, k: number, field: Float64Array, edge: Float64Array, isOut: boolean): void {
    const stride = this.strides[1 - axis]!;
    let point = axis === 0 ? this.at(position, 0, k) : this.at(0, position, k);
    for (let at = 0; at < edge.length; at += unknowns, point += stride)
      for (let c = 0; c < unknowns; c++)
        if (isOut) edge[at + c] = field[point + c]!;
        else field[point + c] = edge[at + c]!;
  }
}
