/** Chares that wait in all ways there are, and are moved about meanwhile. What they give does not depend on places. */
import { Chare, type Charm, type Entries, type Future, Reducer, select, together } from 'charm4ts';

const size = 5;

class Tally {
  readonly seen: string[] = [];
  add(what: string): void {
    this.seen.push(what);
  }
}

export { Tally };

/** A call in a call, with a try in a loop. */
async function visit(self: Wanderer, tally: Tally, depth: number): Promise<number> {
  let sum = 0;
  for (const step of [1, 2, 3]) {
    try {
      self.stray();
      if (depth > 0) sum += await visit(self, tally, depth - 1);
      sum += await self.right.ask.twice(step);
      if (step === 2) throw new Error('second');
      if (depth === 1 && step === 3) continue;
      sum += 1000;
    } catch (error) {
      tally.add((error as Error).message);
      await self.charm.sleep(0);
    } finally {
      self.stray();
      sum += await self.right.ask.twice(0.5);
    }
  }
  return sum;
}

export class Wanderer extends Chare {
  static readonly resumable = true;
  static readonly entries: Entries<Wanderer> = { north: { awaited: true }, south: { awaited: true } };
  moves = 0;
  other: number[] = [];
  wish = 0;

  constructor(seed: number) {
    super();
    this.wish = seed;
  }

  pack(): unknown {
    return [this.moves, this.other, this.wish];
  }

  unpack(packed: unknown): void {
    [this.moves, this.other, this.wish] = packed as [number, number[], number];
  }

  get right() {
    return this.array.at((this.index + 1) % size);
  }

  /** Asks to be moved, now and then. */
  stray(): void {
    this.wish = (Math.imul(this.wish, 1103515245) + 12345) >>> 0;
    if (((this.wish >>> 16) & 3) === 0) return;
    const pe = (this.wish >>> 20) % this.charm.pes;
    if (pe !== this.charm.pe) this.moves++;
    this.migrateTo(pe);
  }

  twice(x: number): number {
    return 2 * x;
  }

  async slowTwice(x: number): Promise<number> {
    this.stray();
    await this.charm.sleep(0);
    return 2 * x;
  }

  north(step: number, from: number): string {
    return `n${step}${from}`;
  }

  south(step: number, from: number): string {
    return `s${step}${from}`;
  }

  fill(future: Future<string>, what: string): void {
    if (what === 'bad') future.reject(new Error('bad'));
    else future.set(what);
  }

  async run(rounds: number): Promise<{ text: string; moves: number }> {
    const { charm, right } = this;
    const tally = new Tally();
    const left = this.array.at((this.index + size - 1) % size);
    const [toRight, toLeft] = [this.channel<string>(right), this.channel<string>(left)];
    const log = (what: unknown): void => tally.add(String(what));
    let sums = 0;
    for (let round = 0; round < rounds; round++) {
      this.stray();
      right.north(round, this.index);
      left.south(round, this.index);
      log(await this.when.north(round));
      log(await this.when.south((step: number) => step === round));
      this.stray();
      log(await this.allreduce(this.index + round, Reducer.sum));
      toRight.send(`r${round}`);
      toLeft.send(`l${round}`);
      const { value } = await select([toRight, toLeft]);
      this.stray();
      const rest = await (value === `l${round}` ? toLeft : toRight).recv();
      log([value, rest].sort());
      const [good, bad] = [charm.future<string>(), charm.future<string>()];
      right.fill(good, `f${round}`);
      log(await visit(this, tally, 1));
      log(await good.get());
      try {
        right.fill(bad, 'bad');
        await bad.get();
      } catch (error) {
        log(error);
      }
      this.stray();
      log(await Promise.all([right.ask.slowTwice(round), charm.sleep(1), left.ask.twice(3)]));
      right.north(-1, round);
      right.south(-1, round);
      log(await together(this.when.north(-1), this.when.south(-1)));
      const later = async (n: number): Promise<void> => {
        const more = await right.ask.slowTwice(n);
        sums += n + more;
      };
      await Promise.all([1, 2].map(later));
      await this.barrier();
      for (const [key, item] of new Map([
        [1, 'a'],
        [2, 'b'],
      ])) {
        this.stray();
        log(`${key}${item}${await right.ask.twice(key)}`);
      }
      right.north(-2, 0);
      log(await Promise.race([this.when.north(-2), this.when.north(-3)]));
    }
    log(sums);
    log(charm === this.charm);
    return { text: tally.seen.join(' '), moves: this.moves };
  }
}

export default async function main(charm: Charm): Promise<void> {
  const wanderers = await charm.array(Wanderer, { size, args: [Math.floor(charm.random() * 2 ** 30)] });
  const ends = await Promise.all(Array.from({ length: size }, (_, i) => wanderers.at(i).ask.run(2)));
  ended.texts = ends.map(({ text }) => text);
  ended.moves = ends.reduce((sum, { moves }) => sum + moves, 0);
  charm.exit();
}

/** For the test, which runs all PEs in one thread. */
export const ended = { texts: [] as string[], moves: 0 };
