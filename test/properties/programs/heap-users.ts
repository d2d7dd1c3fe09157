/** Each PE takes blocks of the shared heap, hands some to another PE, and finds in each what its owner has written. */
import { Chare, type Charm, type Future, Reducer, type SharedArray } from 'charm4ts';

const rounds = 400;

export class User extends Chare<number> {
  private readonly mine: SharedArray<Int32Array>[] = [];
  private got = 0;

  run(): void {
    for (let round = 0; round < rounds; round++) {
      const array = this.charm.shared(Int32Array, 1 + Math.floor(this.charm.random() * 3000));
      if (array.view.some((word) => word !== 0)) throw new Error('a new array is not zero');
      array.view.fill(this._mark(round));
      if (round % 3 === 0) this.group.at((this.index + 1) % this.charm.pes).take(array, this._mark(round));
      else this.mine.push(array);
      if (this.mine.length > 20) this._drop();
    }
    while (this.mine.length > 0) this._drop();
  }

  _mark(round: number): number {
    return 1 + this.index * rounds + round;
  }

  _drop(): void {
    const [array] = this.mine.splice(Math.floor(this.charm.random() * this.mine.length), 1);
    const mark = array!.view[0]!;
    if (array!.view.some((word) => word !== mark)) throw new Error('somebody else has written into an array');
    array!.release();
  }

  take(array: SharedArray<Int32Array>, mark: number): void {
    if (array.view.some((word) => word !== mark)) throw new Error('an array does not have what its sender wrote');
    array.release();
    this.got++;
  }

  report(total: Future<number>): void {
    this.contribute(this.got, Reducer.sum, total);
  }
}

export default async function main(charm: Charm): Promise<void> {
  const users = await charm.group(User);
  users.all.run();
  await charm.quiescence();
  const total = charm.future<number>();
  users.all.report(total);
  console.log(await total.get());
  charm.exit();
}
