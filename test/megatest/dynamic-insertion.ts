/** Ten rounds of sums over an array that grows before each, by elements that insert their own successors. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';

export class Grower extends Chare {
  readonly _born: number;

  constructor(born: number) {
    super();
    this._born = born;
  }

  /** Inserts one successor. */
  grow(round: number, size: number): void {
    const pes = this.charm.pes;
    this.array.insert(size + this.index, {
      args: [round],
      ...(this.index % 2 === 0 ? { onPe: this.index % pes } : {}),
    });
  }

  sum(done: Future<number[]>): void {
    this.contribute([1, this.index, this._born], Reducer.sum, done);
  }
}

export async function dynamicInsertion(charm: Charm): Promise<void> {
  const array = await charm.array(Grower, { indices: [] as number[], args: [0] });
  array.insert(0, { args: [0] });
  array.insert(1, { args: [0] });
  await array.doneInserting();
  let size = 2;
  let born = 0;
  for (let round = 1; round <= 10; round++) {
    const growing = Math.min(size, 5);
    for (let i = 0; i < growing; i++) array.at(i).grow(round, size);
    size += growing;
    born += growing * round;
    await charm.quiescence();
    const done = charm.future<number[]>();
    array.all.sum(done);
    assert.deepEqual(await done.get(), [size, (size * (size - 1)) / 2, born]);
  }
}
