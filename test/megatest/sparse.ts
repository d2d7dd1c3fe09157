/** Sparse arrays over lattices of 1 to 6 dimensions, populated with a start, an end and a step. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';

type Lattice = [number, number?, number?, number?, number?, number?];

export class LatticePoint extends Chare<Lattice> {
  sum(done: Future<number[]>): void {
    const weight = this.index.reduce<number>((total, i, d) => total + (i ?? 0) * 10 ** d, 0);
    this.contribute([1, weight], Reducer.sum, done);
  }

  index_(): Lattice {
    return this.index;
  }
}

/** Points start, start + step, ... below end in each dimension. */
function latticeOf(dimensions: number, start: number, end: number, step: number): Lattice[] {
  const axis: number[] = [];
  for (let i = start; i < end; i += step) axis.push(i);
  let points: number[][] = [[]];
  for (let d = 0; d < dimensions; d++) points = points.flatMap((point) => axis.map((i) => [...point, i]));
  return points as unknown as Lattice[];
}

export async function sparse(charm: Charm): Promise<void> {
  for (let dimensions = 1; dimensions <= 6; dimensions++) {
    const points = latticeOf(dimensions, -2, 6, 5);
    const array = await charm.array(LatticePoint, { indices: points });
    const done = charm.future<number[]>();
    array.all.sum(done);
    const weight = points.reduce(
      (total, point) => total + point.reduce<number>((sum, i, d) => sum + (i ?? 0) * 10 ** d, 0),
      0,
    );
    assert.deepEqual(await done.get(), [points.length, weight]);
    const last = points.at(-1)!;
    assert.deepEqual(await array.at(last).ask.index_(), last);
    // A point between those of the lattice comes later, and is counted then.
    const extra = last.map(() => 0) as Lattice;
    array.insert(extra, { onPe: charm.pes - 1 });
    assert.deepEqual(await array.at(extra).ask.index_(), extra);
    const more = charm.future<number[]>();
    array.all.sum(more);
    assert.deepEqual(await more.get(), [points.length + 1, weight]);
  }
}
