/** Overlapping reductions of an array and a group give the right values, in order. */
import assert from 'node:assert/strict';
import { type Callback, Chare, type Charm, Reducer, reducer } from 'charm4ts';

const size = 37;

/** The smallest and the largest, and where they are. */
export const megaExtremes = reducer<number, string, { low: number; high: number; at: [unknown, unknown] }>(
  'megaExtremes',
  {
    prepare: (value, index) => ({ low: value, high: value, at: [index, index] }),
    merge: (a, b) => ({
      low: Math.min(a.low, b.low),
      high: Math.max(a.high, b.high),
      at: [a.low <= b.low ? a.at[0] : b.at[0], a.high >= b.high ? a.at[1] : b.at[1]],
    }),
    finish: ({ low, high, at }) => `${low}@${at[0]} to ${high}@${at[1]}`,
  },
);

export class ReductionElement extends Chare {
  begin(all: Callback<unknown>): void {
    const n = this.index + 1;
    this.contribute(n, Reducer.sum, all);
    this.contribute(Float64Array.of(n, -n, 1), Reducer.max, all);
    this.contribute([`${n}`], Reducer.concat<string[]>(), all);
    this.contribute(n % 7 !== 0, Reducer.and, all);
    this.contribute(undefined, Reducer.nop, all);
    this.contribute(n, megaExtremes, all);
    this.contribute([n, this.index], Reducer.tuple(Reducer.sum, Reducer.gather<number>()), all);
  }
}

export class ReductionBranch extends Chare {
  begin(all: Callback<unknown>): void {
    this.contribute(1, Reducer.sum, all);
    this.contribute(this.index, Reducer.set<number>(), all);
    this.contribute(this.index, Reducer.max, all);
  }
}

export class ReductionCollector extends Chare {
  readonly _results: unknown[] = [];
  readonly _expected: number;
  readonly _done: Callback<unknown[]>;

  constructor(expected: number, done: Callback<unknown[]>) {
    super();
    this._expected = expected;
    this._done = done;
  }

  collect(result: unknown): void {
    this._results.push(result);
    if (this._results.length === this._expected) this._done.send(this._results);
  }
}

export async function reduction(charm: Charm): Promise<void> {
  const ofArray = charm.future<unknown[]>();
  const ofGroup = charm.future<unknown[]>();
  const array = await charm.array(ReductionElement, { size });
  const group = await charm.group(ReductionBranch);
  array.all.begin((await charm.chare(ReductionCollector, { args: [7, ofArray] })).callback.collect);
  group.all.begin((await charm.chare(ReductionCollector, { args: [3, ofGroup] })).callback.collect);
  const numbers = Array.from({ length: size }, (_, i) => i);
  const sum = (size * (size + 1)) / 2;
  const [total, high, texts, isAll, nothing, extremes, both] = await ofArray.get();
  assert.equal(total, sum);
  assert.deepEqual(high, Float64Array.of(size, -1, 1));
  assert.deepEqual(
    (texts as string[]).map(Number).sort((a, b) => a - b),
    numbers.map((n) => n + 1),
  );
  assert.equal(isAll, false);
  assert.equal(nothing, undefined);
  assert.equal(extremes, `1@0 to ${size}@${size - 1}`);
  assert.deepEqual(both, [sum, numbers]);
  const [branches, pes, lastPe] = await ofGroup.get();
  assert.equal(branches, charm.pes);
  assert.deepEqual(new Set(pes as number[]), new Set(Array.from({ length: charm.pes }, (_, pe) => pe)));
  assert.equal(lastPe, charm.pes - 1);
}
