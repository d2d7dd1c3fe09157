/**
 * Parallel prefix: from numbers x(0), x(1), ... all the sums x(0) + ... + x(i).
 *
 * Each chare has a run of the numbers. It adds up its own, then the chares scan their totals by recursive doubling: in
 * round r chare i sends what it has to chare i + 2^r and adds what it gets from chare i - 2^r, so that after log N
 * rounds it has the total of all before it and its own. What lies before it goes onto each of its sums.
 *
 * A chare that is quicker may send for a round that the receiver is not in yet; `this.when` takes a message by the
 * number of its round. The numbers are integers; every sum is compared with the closed form.
 */
import { type Callback, Chare, type Charm, type Entries, Reducer, readonly } from 'charm4ts';
import { settingsFrom } from './support/settings.ts';

const defaults = { parts: 13, numbers: 10_000 };
/** Chares, and numbers of each. */
export const settings = readonly<typeof defaults>();

export class Part extends Chare<number> {
  static readonly entries: Entries<Part> = { partial: { awaited: true } };

  async scan(done: Callback<number>): Promise<void> {
    const { parts, numbers } = this.charm.get(settings);
    const first = this.index * numbers;
    const sums = Float64Array.from({ length: numbers }, (_, i) => numberAt(first + i));
    for (let i = 1; i < numbers; i++) sums[i]! += sums[i - 1]!;

    const own = sums[numbers - 1]!;
    let total = own;
    for (let round = 0, distance = 1; distance < parts; round++, distance *= 2) {
      if (this.index + distance < parts) this.array.at(this.index + distance).partial(round, total);
      if (this.index >= distance) total += await this.when.partial(round);
    }
    const before = total - own;
    const wrong = sums.filter((sum, i) => before + sum !== sumUpTo(first + i)).length;
    this.contribute(wrong, Reducer.sum, done);
  }

  partial(_round: number, total: number): number {
    return total;
  }
}

/** The odd numbers; the sums of the first n are the squares. */
function numberAt(i: number): number {
  return 2 * i + 1;
}

function sumUpTo(i: number): number {
  return (i + 1) ** 2;
}

export default async function main(charm: Charm): Promise<void> {
  const { parts, numbers } = settingsFrom(charm.args, defaults);
  charm.set(settings, { parts, numbers });
  const array = await charm.array(Part, { size: parts });
  const done = charm.future<number>();
  array.all.scan(done);
  const wrong = await done.get();
  console.log(`${parts * numbers} prefix sums in ${parts} parts, ${wrong} wrong`);
  if (wrong > 0) return charm.abort('there are wrong sums');
  charm.exit();
}
