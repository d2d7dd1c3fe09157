/** Chares that go into browser tabs and back, with values of many kinds; and ways to end badly. */
import { readFileSync } from 'node:fs';
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';

const isInTab = typeof process === 'undefined';

export class Wanderer extends Chare<number> {
  readonly been: string[] = [];
  readonly data = Float64Array.from({ length: 2000 }, (_, i) => i * 1.5);
  readonly names = new Map([['größe', { n: 12345678901234567890n }]]);

  go(pe: number): void {
    this.been.push(`${isInTab ? 'tab' : 'process'} ${this.charm.pe}`);
    this.migrateTo(pe);
  }

  whatIsLeft(): readonly [places: string, sum: number, n: bigint] {
    return [this.been.join(', '), this.data.reduce((a, b) => a + b, 0), this.names.get('größe')!.n];
  }

  sum(done: Future<number>): void {
    this.contribute(this.index + 1, Reducer.sum, done);
  }

  take(bytes: Uint8Array): number {
    return bytes.reduce((a, b) => a + b, 0);
  }

  fail(): void {
    throw new RangeError('a tab may fail too');
  }

  read(): string {
    return readFileSync('/etc/hostname', 'utf8');
  }

  say(): void {
    console.log(`hello from PE ${this.charm.pe}`, { answer: 42 });
    console.error('and a warning');
  }
}

const cases: Record<string, (charm: Charm) => Promise<void>> = {
  /** Every element goes round all PEs, while messages and reductions follow it. */
  async wander(charm) {
    const elements = 3 * charm.pes;
    const all = await charm.array(Wanderer, { size: elements });
    for (let step = 1; step <= charm.pes; step++) {
      for (let i = 0; i < elements; i++) all.at(i).go((i + step) % charm.pes);
      const done = charm.future<number>();
      all.all.sum(done);
      if ((await done.get()) !== (elements * (elements + 1)) / 2) charm.abort('a contribution was lost');
    }
    const bytes = new Uint8Array(3_000_001).fill(1);
    for (let i = 0; i < elements; i++) {
      if ((await all.at(i).ask.take(bytes)) !== bytes.length) charm.abort(`element ${i} has got other bytes`);
      const [places, sum, n] = await all.at(i).ask.whatIsLeft();
      if (sum !== 1999 * 1000 * 1.5 || n !== 12345678901234567890n) charm.abort(`element ${i} came back changed`);
      if (i === 0) console.log(places);
    }
    charm.exit();
  },
  async say(charm) {
    await (await charm.array(Wanderer, { size: charm.pes })).at(charm.pes - 1).ask.say();
    charm.exit(3);
  },
  async fail(charm) {
    (await charm.array(Wanderer, { size: charm.pes })).at(charm.pes - 1).fail();
    await new Promise(() => undefined);
  },
  async read(charm) {
    await (await charm.array(Wanderer, { size: charm.pes })).at(charm.pes - 1).ask.read();
  },
  async wait(charm) {
    const all = await charm.array(Wanderer, { size: charm.pes });
    for (;;) for (let i = 0; i < charm.pes; i++) await all.at(i).ask.take(new Uint8Array(10));
  },
};

export default async function main(charm: Charm): Promise<void> {
  await cases[charm.args[0]!]!(charm);
}
