/**
 * Whoever comes first: prints in which order things happened, which differs from run to run. Arguments: what to do, and how
 * often. A second argument `changed` makes it another program.
 */
import { readFile } from 'node:fs/promises';
import { Chare, type Charm, type Future, type GroupProxy, Reducer } from 'charm4ts';

export class Referee extends Chare {
  private readonly order: string[] = [];
  private expected = -1;
  private done: Future<string[]> | undefined = undefined;

  expect(count: number, done: Future<string[]>): void {
    this.expected = count;
    this.done = done;
    this._checkEnd();
  }

  arrived(who: string): void {
    this.order.push(who);
    this._checkEnd();
  }

  /** Runners may arrive before it is known how many there are. */
  _checkEnd(): void {
    if (this.order.length === this.expected) this.done!.set(this.order);
  }
}

export class Runner extends Chare<number> {
  private laps = 0;

  async run(referee: GroupProxy<Referee>, laps: number, isChanged: boolean): Promise<void> {
    const { charm } = this;
    for (let lap = 0; lap < laps; lap++) {
      this.laps++;
      if (charm.random() < 0.3) await charm.sleep(charm.random() * 2);
      if (charm.random() < 0.2) await charm.track(readFile(new URL(import.meta.url)));
      if (charm.random() < 0.5)
        await this.array.at(Math.floor(charm.random() * this.array.size)).ask.passed(this.index);
      const time = Math.floor(charm.now() * 1e6) % 1000;
      referee.at(0).arrived(`${this.index}.${lap} on ${charm.pe} at ${time}`);
      if (isChanged && lap === 3) referee.at(charm.pes - 1).expect(-1, charm.future());
    }
    await this.allreduce(this.laps, Reducer.sum);
    this.hop();
  }

  hop(): void {
    this.migrateTo(Math.floor(this.charm.random() * this.charm.pes));
  }

  passed(by: number): number {
    if (this.charm.random() < 0.5) this.charm.spawn(Spectator, { args: [by] });
    return this.laps;
  }
}

export class Spectator extends Chare {
  constructor(by: number) {
    super();
    if (by < 0) this.charm.abort('a runner has a number');
  }
}

export default async function main(charm: Charm): Promise<void> {
  const [laps = '10', change = ''] = charm.args;
  const runners = 4 * charm.pes;
  const referee = await charm.group(Referee);
  const array = await charm.array(Runner, { size: runners });
  const done = charm.future<string[]>();
  referee.at(0).expect(runners * Number(laps), done);
  array.all.run(referee, Number(laps), change === 'changed');
  console.log((await done.get()).join('\n'));
  await charm.quiescence();
  if (change === 'fails') referee.at(charm.pes - 1).expect(-1, 'nobody' as never);
  charm.exit();
}
