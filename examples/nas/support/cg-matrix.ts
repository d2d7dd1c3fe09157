/**
 * The matrix of NAS CG: a sum of outer products of sparse random vectors, with weights from 1 down to 0.1, plus (0.1 - shift) I.
 *
 * The vectors come from one sequence of random numbers, so each rank makes all of them and keeps what falls into its rows.
 */
import { RandomStream } from './random.ts';

/** Some rows of a sparse matrix: those of row i are `starts[i]` to `starts[i + 1]`. */
export interface Rows {
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

const seed = 314_159_265;
const weakest = 0.1;

export function makeMatrix(n: number, nonzer: number, shift: number, first: number, count: number): Rows {
  const rows = Array.from({ length: count }, () => new Map<number, number>());
  const add = (row: number, column: number, value: number): void => {
    const map = rows[row - first];
    map?.set(column, (map.get(column) ?? 0) + value);
  };
  const vectors = new VectorMaker(n, nonzer);
  const ratio = weakest ** (1 / n);
  let weight = 1;
  for (let i = 0; i < n; i++) {
    const { places, values } = vectors.next(i);
    for (const [p, column] of places.entries()) {
      const scaled = weight * values[p]!;
      for (const [q, row] of places.entries()) add(row, column, scaled * values[q]!);
    }
    add(i, i, weakest - shift);
    weight *= ratio;
  }
  return packed(rows);
}

interface SparseVector {
  readonly places: readonly number[];
  readonly values: readonly number[];
}

class VectorMaker {
  readonly #random = new RandomStream(seed, 1);
  readonly #n: number;
  readonly #nonzer: number;
  /** The least power of two that is not below n. */
  readonly #range: number;

  constructor(n: number, nonzer: number) {
    this.#n = n;
    this.#nonzer = nonzer;
    this.#range = 2 ** Math.ceil(Math.log2(n));
  }

  /** Random values at random places, and 0.5 at place `i`. */
  next(i: number): SparseVector {
    const places: number[] = [];
    const values: number[] = [];
    while (places.length < this.#nonzer) {
      const value = this.#random.next();
      const place = Math.floor(this.#range * this.#random.next());
      if (place >= this.#n || places.includes(place)) continue;
      places.push(place);
      values.push(value);
    }
    const known = places.indexOf(i);
    if (known >= 0) values[known] = 0.5;
    else {
      places.push(i);
      values.push(0.5);
    }
    return { places, values };
  }
}

function packed(rows: readonly ReadonlyMap<number, number>[]): Rows {
  const total = rows.reduce((sum, row) => sum + row.size, 0);
  const starts = new Int32Array(rows.length + 1);
  const columns = new Int32Array(total);
  const values = new Float64Array(total);
  let at = 0;
  for (const [i, row] of rows.entries()) {
    for (const [column, value] of [...row].sort(([a], [b]) => a - b)) {
      if (value === 0) continue;
      columns[at] = column;
      values[at++] = value;
    }
    starts[i + 1] = at;
  }
  return { starts, columns, values };
}
