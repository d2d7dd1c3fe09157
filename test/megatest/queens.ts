/** Solutions of the queens problem by tree search: a chare for every partial board, prioritised by its place in the tree. */
import assert from 'node:assert/strict';
import { BitVector, Chare, type Charm, type Future, type GroupProxy, Reducer } from 'charm4ts';

const queenCount = 6;
const solutionCount = 4;

export class QueensCounter extends Chare {
  _found = 0;
  _visited = 0;

  visited(isSolution: boolean): void {
    this._visited++;
    if (isSolution) this._found++;
  }

  report(done: Future<number[]>): void {
    this.contribute([this._found, this._visited], Reducer.sum, done);
  }
}

export class QueensBoard extends Chare {
  constructor(columns: readonly number[], place: BitVector, counters: GroupProxy<QueensCounter>) {
    super();
    const row = columns.length;
    counters.local().visited(row === queenCount);
    if (row === queenCount) return;
    for (let column = 0; column < queenCount; column++) {
      if (columns.some((c, r) => c === column || Math.abs(c - column) === row - r)) continue;
      const child = place.child(column, 3);
      this.charm.spawn(QueensBoard, { args: [[...columns, column], child, counters], priority: child });
    }
  }
}

export async function queens(charm: Charm): Promise<void> {
  const counters = await charm.group(QueensCounter);
  charm.spawn(QueensBoard, { args: [[], BitVector.root(), counters] });
  await charm.quiescence();
  const done = charm.future<number[]>();
  counters.all.report(done);
  const [found, visited] = await done.get();
  assert.equal(found, solutionCount);
  assert.equal(visited, partialBoards([]));
}

/** Boards that the search must have visited. */
function partialBoards(columns: readonly number[]): number {
  let count = 1;
  if (columns.length === queenCount) return count;
  for (let column = 0; column < queenCount; column++) {
    const row = columns.length;
    if (!columns.some((c, r) => c === column || Math.abs(c - column) === row - r))
      count += partialBoards([...columns, column]);
  }
  return count;
}
