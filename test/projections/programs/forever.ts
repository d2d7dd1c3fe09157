/** Says that it runs, and never ends. */
import { Chare, type Charm } from 'charm4ts';

export class Runner extends Chare<number> {
  #rounds = 0;

  run(): void {
    this.charm.work(1e-3);
    if (++this.#rounds === (this.charm.args[0] === 'live' ? 1 : 200)) console.log('running');
    this.array.at((this.index + 1) % this.array.size).run();
  }

  fail(): void {
    throw new Error('this is the end');
  }
}

export default async function main(charm: Charm): Promise<void> {
  const runners = await charm.array(Runner, { size: 4 });
  if (charm.args[0] === 'fail') {
    runners.at(3).fail();
    return;
  }
  runners.all.run();
}
