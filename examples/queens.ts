/**
 * All solutions of the n-queens problem, by a tree search of seeds: a chare for each partial board, with its place in
 * the tree as priority, so that the leftmost branches are searched first and few boards wait at a time.
 *
 *     charm4ts run examples/queens.ts --pes 2 --seed-balancer work-stealing -- 12
 *
 * A board is three bit masks: columns and both diagonals that are taken in the next row.
 */
import { BitVector, Chare, type Charm, type GroupProxy, Reducer } from 'charm4ts';

/** Solutions of boards of 1 to 15 rows (sequence A000170 of the OEIS). */
const known = [1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14_200, 73_712, 365_596, 2_279_184];

/** With this many rows left a chare searches alone: a seed should carry more work than it costs. */
const rowsAlone = 8;
const bitsPerRow = 4;

interface Board {
  readonly size: number;
  readonly row: number;
  readonly columns: number;
  readonly left: number;
  readonly right: number;
}

/** Counts the solutions that are found on its PE. */
export class Counter extends Chare {
  #solutions = 0;
  #boards = 0;

  /** Called directly by boards on the same PE. */
  _add(solutions: number): void {
    this.#solutions += solutions;
    this.#boards++;
  }

  sum(): Promise<[number, number]> {
    return this.allreduce([this.#solutions, this.#boards] as [number, number], Reducer.sum);
  }
}

export class Search extends Chare {
  constructor(board: Board, place: BitVector, counters: GroupProxy<Counter>) {
    super();
    if (board.size - board.row <= rowsAlone) {
      counters.local()._add(solutionsBelow(board));
      return;
    }
    for (let free = freeColumns(board); free !== 0; free &= free - 1) {
      const queen = free & -free;
      const priority = place.child(31 - Math.clz32(queen), bitsPerRow);
      this.charm.spawn(Search, { args: [withQueen(board, queen), priority, counters], priority });
    }
  }
}

function freeColumns({ size, columns, left, right }: Board): number {
  return ~(columns | left | right) & ((1 << size) - 1);
}

function withQueen({ size, row, columns, left, right }: Board, queen: number): Board {
  return { size, row: row + 1, columns: columns | queen, left: (left | queen) << 1, right: (right | queen) >> 1 };
}

function solutionsBelow(board: Board): number {
  return count((1 << board.size) - 1, board.columns, board.left, board.right);
}

function count(all: number, columns: number, left: number, right: number): number {
  if (columns === all) return 1;
  let solutions = 0;
  for (let free = ~(columns | left | right) & all; free !== 0; free &= free - 1) {
    const queen = free & -free;
    solutions += count(all, columns | queen, (left | queen) << 1, (right | queen) >> 1);
  }
  return solutions;
}

export default async function main(charm: Charm): Promise<void> {
  const size = Number(charm.args[0] ?? 12);
  const expected = known[size - 1];
  if (expected === undefined) return charm.abort(`the number of queens must be 1 to ${known.length}, not ${size}`);
  const counters = await charm.group(Counter);
  const start = charm.now();
  const board: Board = { size, row: 0, columns: 0, left: 0, right: 0 };
  charm.spawn(Search, { args: [board, BitVector.root(), counters] });
  await charm.quiescence();
  const sums = Array.from({ length: charm.pes }, (_, pe) => counters.at(pe).ask.sum());
  const [solutions, boards] = (await Promise.all(sums))[0] ?? [0, 0];
  const seconds = charm.now() - start;
  console.log(`${size} queens: ${solutions} solutions, ${boards} boards searched alone, ${seconds.toFixed(2)} s`);
  if (solutions !== expected) return charm.abort(`${size} queens have ${expected} solutions, not ${solutions}`);
  charm.exit();
}
