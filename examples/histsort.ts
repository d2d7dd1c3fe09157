/**
 * Histogram sort: keys that lie anywhere on P chares are sorted so that chare i has the i-th part of them, all of
 * about equal size, whatever the distribution of the keys.
 *
 *   1. Each chare sorts its own keys.
 *   2. `main` guesses splitters, keys that shall lie between the parts, and broadcasts the guesses. Each chare counts its
 *      keys below each, and a reduction adds up: a histogram. It tells for each splitter on which side of the guess it lies.
 *      `main` narrows the bounds, and guesses again, until each splitter is as near to its place as the tolerance allows.
 *   3. The splitters are broadcast. Each chare cuts its keys there, and sends them where they belong, a handful in a message: many small
 *      messages, which aggregation puts together. Nobody knows how many a chare gets; completion detection tells when all that
 *      were sent have arrived.
 *   4. Each chare merges its pieces.
 *
 * Checked: each part is in order and so are the parts; count and sum of the keys are what they were; the parts are equal
 * to within the tolerance.
 */
import { type Callback, Chare, type Charm, type Completion, type Entries, Reducer, readonly } from 'charm4ts';
import { randomNumbers } from './support/random-numbers.ts';
import { settingsFrom } from './support/settings.ts';

const defaults = { parts: 8, keys: 20_000, percent: 2 };
/** Chares, keys of each at first, and by how many percent a part may be larger or smaller. */
export const settings = readonly<typeof defaults>();

const keyEnd = 2 ** 30;
/** Guesses for each splitter at a time: more of them need fewer rounds and longer messages. */
const guesses = 4;
/** Keys in a message. */
const handful = 16;

/** What a part says at the end. */
interface Outcome {
  readonly count: number;
  readonly sum: number;
  readonly isSorted: boolean;
  readonly first: number;
  readonly last: number;
}

export class Part extends Chare<number> {
  static readonly entries: Entries<Part> = { take: { aggregate: true } };
  private keys: Uint32Array;
  private readonly pieces: Uint32Array[] = [];

  constructor() {
    super();
    // Most keys are small, so that parts of equal width would have very different sizes.
    const random = randomNumbers(this.index);
    const { keys } = this.charm.get(settings);
    this.keys = Uint32Array.from({ length: keys }, () => random() ** 4 * keyEnd).sort();
  }

  /** Step 2: number of keys below each of the guesses. */
  count(probes: Float64Array, histogram: Callback<Float64Array>): void {
    this.contribute(
      probes.map((probe) => lowerBound(this.keys, probe)),
      Reducer.sum,
      histogram,
    );
  }

  total(done: Callback<number[]>): void {
    this.contribute([this.keys.length, sumOf(this.keys)], Reducer.sum, done);
  }

  /** Step 3. */
  cut(splitters: Float64Array, exchange: Completion): void {
    let from = 0;
    for (let part = 0; part <= splitters.length; part++) {
      const to = part < splitters.length ? lowerBound(this.keys, splitters[part]!) : this.keys.length;
      const target = this.array.at(part);
      exchange.produce(Math.ceil((to - from) / handful));
      for (; from < to; from += handful) target.take(this.keys.slice(from, Math.min(to, from + handful)), exchange);
      from = to;
    }
    exchange.done();
  }

  take(keys: Uint32Array, exchange: Completion): void {
    this.pieces.push(keys);
    exchange.consume();
  }

  /** Step 4. */
  merge(done: Callback<Outcome[]>): void {
    let runs = this.pieces.splice(0);
    while (runs.length > 1)
      runs = runs.flatMap((run, i) => (i % 2 === 1 ? [] : [mergeTwo(run, runs[i + 1] ?? new Uint32Array())]));
    this.keys = runs[0] ?? new Uint32Array();
    const { keys } = this;
    const isSorted = keys.every((key, i) => i === 0 || keys[i - 1]! <= key);
    const [first = Number.NaN, last = Number.NaN] = [keys.at(0), keys.at(-1)];
    const outcome = { count: keys.length, sum: sumOf(keys), isSorted, first, last };
    this.contribute(outcome, Reducer.gather<Outcome>(), done);
  }
}

/** Number of keys below `bound`. */
function lowerBound(keys: Uint32Array, bound: number): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

function mergeTwo(a: Uint32Array, b: Uint32Array): Uint32Array {
  const merged = new Uint32Array(a.length + b.length);
  for (let i = 0, j = 0; i + j < merged.length; ) {
    if (j === b.length || (i < a.length && a[i]! <= b[j]!)) merged[i + j] = a[i++]!;
    else merged[i + j] = b[j++]!;
  }
  return merged;
}

function sumOf(keys: Uint32Array): number {
  return keys.reduce((sum, key) => sum + key, 0);
}

/** A splitter that is looked for: `below(low) <= wanted <= below(high)`. */
interface Splitter {
  readonly wanted: number;
  low: number;
  high: number;
  found: number | undefined;
}

type CountBelow = (probes: Float64Array) => Promise<Float64Array>;

/** Step 2, by `main`. Returns the splitters and the number of histograms it took. */
async function findSplitters(wanted: readonly number[], slack: number, countBelow: CountBelow) {
  const splitters = wanted.map((count): Splitter => ({ wanted: count, low: 0, high: keyEnd, found: undefined }));
  let histograms = 0;
  for (;;) {
    const open = splitters.filter(({ found }) => found === undefined);
    if (open.length === 0) return { splitters: Float64Array.from(splitters, ({ found }) => found!), histograms };
    const probes = open.flatMap(({ low, high }) =>
      Array.from({ length: guesses }, (_, i) => Math.ceil(low + ((high - low) * (i + 1)) / (guesses + 1))),
    );
    const below = await countBelow(Float64Array.from(probes));
    histograms++;
    for (const splitter of open) {
      for (const [i, probe] of probes.entries()) narrow(splitter, probe, below[i]!, slack);
      // So many equal keys that no splitter is near enough.
      if (splitter.found === undefined && splitter.high - splitter.low <= 1) splitter.found = splitter.high;
    }
  }
}

/** Any guess tells something about any splitter. */
function narrow(splitter: Splitter, probe: number, below: number, slack: number): void {
  if (Math.abs(below - splitter.wanted) <= slack) splitter.found ??= probe;
  if (below <= splitter.wanted) splitter.low = Math.max(splitter.low, probe);
  else splitter.high = Math.min(splitter.high, probe);
}

export default async function main(charm: Charm): Promise<void> {
  const { parts, keys, percent } = settingsFrom(charm.args, defaults);
  charm.set(settings, { parts, keys, percent });
  const array = await charm.array(Part, { size: parts });
  const total = charm.future<number[]>();
  array.all.total(total);
  const [count, sum] = await total.get();

  const wanted = Array.from({ length: parts - 1 }, (_, i) => (i + 1) * keys);
  const { splitters, histograms } = await findSplitters(wanted, (keys * percent) / 200, (probes) => {
    const histogram = charm.future<Float64Array>();
    array.all.count(probes, histogram);
    return histogram.get();
  });
  const exchange = charm.completion();
  const exchanged = exchange.start({ producers: parts });
  array.all.cut(splitters, exchange);
  await exchanged;
  const done = charm.future<Outcome[]>();
  array.all.merge(done);
  const outcomes = await done.get();

  const sizes = outcomes.map((outcome) => outcome.count);
  console.log(`sorted ${count} keys in ${parts} parts of ${Math.min(...sizes)} to ${Math.max(...sizes)}`);
  console.log(`the splitters took ${histograms} histograms`);
  const filled = outcomes.filter((outcome) => outcome.count > 0);
  const isSorted = filled.every((part, i) => part.isSorted && (i === 0 || filled[i - 1]!.last <= part.first));
  if (!isSorted) return charm.abort('the keys are not in order');
  if (sizes.reduce((a, b) => a + b, 0) !== count) return charm.abort('the number of keys has changed');
  if (outcomes.reduce((a, part) => a + part.sum, 0) !== sum) return charm.abort('the keys are not the same');
  if (sizes.some((size) => Math.abs(size - keys) > (keys * percent) / 100)) return charm.abort('the parts differ');
  charm.exit();
}
