/** Every PE says hello; a reduction counts that none is missing. */
import { type Callback, Chare, type Charm, Reducer } from 'charm4ts';

export class Greeter extends Chare {
  greet(): string {
    return `hello from PE ${this.index} of ${this.charm.pes}`;
  }

  count(total: Callback<number>): void {
    this.contribute(1, Reducer.sum, total);
  }
}

export default async function main(charm: Charm): Promise<void> {
  const greeters = await charm.group(Greeter);
  for (let pe = 0; pe < charm.pes; pe++) console.log(await greeters.at(pe).ask.greet());

  const total = charm.future<number>();
  greeters.all.count(total);
  const found = await total.get();
  console.log(`${found} PEs answered`);
  if (found !== charm.pes) charm.abort(`there are ${charm.pes} PEs`);
  charm.exit();
}
