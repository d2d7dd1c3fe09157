/** A job that does a little, again and again: `rounds` of a broadcast and a reduction, 20 ms apart. */
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';

export class Member extends Chare<number> {
  add(round: number, sum: Future<number>): void {
    this.contribute(round + this.index, Reducer.sum, sum);
  }
}

export default async function main(charm: Charm): Promise<void> {
  const rounds = Number(charm.args[0]);
  const members = await charm.group(Member);
  for (let round = 0; round < rounds; round++) {
    const sum = charm.future<number>();
    members.all.add(round, sum);
    const expected = charm.pes * round + (charm.pes * (charm.pes - 1)) / 2;
    const found = await sum.get();
    if (found !== expected) charm.abort(`round ${round}: ${found} instead of ${expected}`);
    if (round === 0) console.log('begun');
    await charm.sleep(20);
  }
  console.log('ended');
  charm.exit();
}
