/** A balancing step that moves elements into the tab and out of it: a strategy file exchanges the elements of PE 0 and 1. */
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';

export class Cell extends Chare<number> {
  private readonly done: Future<number>;
  private readonly places: boolean[] = [];

  constructor(done: Future<number>) {
    super();
    this.done = done;
  }

  /** Three times: at home, exchanged, and at home again. */
  run(): void {
    this.places.push(typeof process === 'undefined');
    if (this.places.length < 3) return void this.atSync();
    const [first, second, third] = this.places;
    this.contribute(first === third && first !== second ? 1 : 0, Reducer.sum, this.done);
  }

  resumeFromSync(): void {
    this.run();
  }
}

export default async function main(charm: Charm): Promise<void> {
  const done = charm.future<number>();
  const cells = await charm.array(Cell, { size: 8, args: [done], usesAtSync: true });
  cells.all.run();
  console.log(`${await done.get()} of 8 cells have gone to the other side and back`);
  charm.exit();
}
