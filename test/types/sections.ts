/** What the compiler says of sections. Nothing here runs; see reducers.ts. */
import {
  type ArrayProxy,
  type Callback,
  Chare,
  type Charm,
  type GroupProxy,
  Reducer,
  type SectionProxy,
} from 'charm4ts';

export class Cell extends Chare<number> {
  grow(by: number, among: SectionProxy<Cell>, sums: Callback<number>): void {
    this.contribute(by, Reducer.sum, sums, { section: among });
    const own = this.array.section([1, 2]);
    own.grow(1, among, sums);
    among.callback.note.send('text');
  }
  note(_text: string): void {}
}

export class Tile extends Chare<[number, number]> {
  note(_text: string): void {}
  other(): void {}
}

export async function accepted(
  charm: Charm,
  cells: ArrayProxy<Cell, number>,
  tiles: ArrayProxy<Tile, [number, number]>,
): Promise<void> {
  const some = cells.section({ from: 1, to: 9, step: 2 });
  cells.section((index) => index > 3);
  cells.section(new Set([1, 2]));
  const row = tiles.section({ from: [2, 0], to: [3, 4] });
  tiles.section(([x, y]) => x === y);
  row.with({ priority: 3 }).other();
  await row.regroup([[1, 1]]);
  const halves = charm.split(cells, 2, (index) => (index % 3 === 0 ? [0, 1] : 1));
  halves[0]!.note('text');
  const joined = await charm.combine(some, cells.section([1]));
  joined.note('text');
  const mixed = await charm.combine(some, row);
  mixed.note('text');
}

export async function refused(
  charm: Charm,
  cells: ArrayProxy<Cell, number>,
  tiles: ArrayProxy<Tile, [number, number]>,
  group: GroupProxy<Cell>,
): Promise<void> {
  const some = cells.section([1]);
  // @ts-expect-error an index of another type
  cells.section([[1, 2]]);
  // @ts-expect-error a range of another type
  tiles.section({ from: 1 });
  // @ts-expect-error no such method
  some.shrink();
  // @ts-expect-error an argument of another type
  some.note(3);
  // @ts-expect-error a section has no answers
  some.ask.note('text');
  // @ts-expect-error a multicast creates nothing
  some.with({ create: 'home' });
  // @ts-expect-error branches are PE numbers
  group.section(['a']);
  // @ts-expect-error one of the classes has no such method
  (await charm.combine(some, tiles.section([]))).other();
}
