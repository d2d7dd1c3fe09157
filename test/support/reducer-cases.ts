/** Every reducer, with the values to give it and what must come out, worked out by a plain loop. */
import { Reducer, reducer } from 'charm4ts';

/** An element's contribution before it is dressed up for a reducer. */
export interface Contribution {
  readonly index: unknown;
  readonly n: number;
}

export interface ReducerCase {
  readonly name: string;
  readonly reducer: Reducer<unknown, unknown>;
  value(n: number, index: unknown): unknown;
  /** `all` in index order. */
  expected(all: readonly Contribution[]): unknown;
  /** Brings results that are promised in any order into one. */
  readonly sorted?: (result: unknown) => unknown;
}

/** Longest text; of equally long ones the first in the alphabet. */
export const longestText = reducer<string>('longestText', { merge: (a, b) => (isBefore(a, b) ? a : b) });

/** A reducer with an intermediate form of its own, which sees indices. */
export const spread = reducer<
  number,
  string,
  { readonly low: number; readonly high: number; readonly where: string[] }
>('spread', {
  prepare: (n, index) => ({ low: n, high: n, where: [JSON.stringify(index)] }),
  merge: (a, b) => ({ low: Math.min(a.low, b.low), high: Math.max(a.high, b.high), where: [...a.where, ...b.where] }),
  finish: ({ low, high, where }) => `${low} to ${high} over ${where.sort().join(' ')}`,
});

function isBefore(a: string, b: string): boolean {
  return a.length > b.length || (a.length === b.length && a < b);
}

const numbers = (all: readonly Contribution[]): number[] => all.map(({ n }) => n);
const fold = (f: (a: number, b: number) => number) => (all: readonly Contribution[]) =>
  numbers(all).reduce((a, b) => f(a, b));
const sign = (n: number): number => (n % 3 === 0 ? -1 : n % 3 === 1 ? 2 : 1);
const sortNumbers = (result: unknown): unknown => [...(result as number[])].sort((a, b) => a - b);

function numeric(name: 'sum' | 'min' | 'max' | 'bitAnd' | 'bitOr' | 'bitXor', f: (a: number, b: number) => number) {
  return { name, reducer: Reducer[name], value: (n: number) => n, expected: fold(f) };
}

function logical(name: 'and' | 'or' | 'xor', f: (a: boolean, b: boolean) => boolean) {
  return {
    name,
    reducer: Reducer[name],
    value: (n: number) => n % 2 === 0,
    expected: (all: readonly Contribution[]) =>
      numbers(all)
        .map((n) => n % 2 === 0)
        .reduce(f),
  };
}

const cases = [
  numeric('sum', (a, b) => a + b),
  {
    name: 'product',
    reducer: Reducer.product,
    value: sign,
    expected: (all: readonly Contribution[]) =>
      numbers(all)
        .map(sign)
        .reduce((a, b) => a * b),
  },
  numeric('min', Math.min),
  numeric('max', Math.max),
  numeric('bitAnd', (a, b) => a & b),
  numeric('bitOr', (a, b) => a | b),
  numeric('bitXor', (a, b) => a ^ b),
  logical('and', (a, b) => a && b),
  logical('or', (a, b) => a || b),
  logical('xor', (a, b) => a !== b),
  {
    name: 'sum of arrays',
    reducer: Reducer.sum,
    value: (n: number) => [n, 1, 0 - n],
    expected: (all: readonly Contribution[]) => [
      fold((a, b) => a + b)(all),
      all.length,
      0 - fold((a, b) => a + b)(all),
    ],
  },
  {
    name: 'max of Float64Array',
    reducer: Reducer.max,
    value: (n: number) => Float64Array.of(n, 0 - n),
    expected: (all: readonly Contribution[]) =>
      Float64Array.of(Math.max(...numbers(all)), Math.max(...numbers(all).map((n) => 0 - n))),
  },
  {
    name: 'concat of arrays',
    reducer: Reducer.concat<number[]>(),
    value: (n: number) => (n % 3 === 0 ? [] : [n, n]),
    expected: (all: readonly Contribution[]) => sortNumbers(numbers(all).flatMap((n) => (n % 3 === 0 ? [] : [n, n]))),
    sorted: sortNumbers,
  },
  {
    name: 'concat of Int32Array',
    reducer: Reducer.concat<Int32Array>(),
    value: (n: number) => Int32Array.of(n, n),
    expected: (all: readonly Contribution[]) => Int32Array.from(numbers(all).flatMap((n) => [n, n])).sort(),
    sorted: (result: unknown) => (result as Int32Array).slice().sort(),
  },
  {
    name: 'set',
    reducer: Reducer.set<number>(),
    value: (n: number) => n,
    expected: (all: readonly Contribution[]) => sortNumbers(numbers(all)),
    sorted: sortNumbers,
  },
  {
    name: 'gather',
    reducer: Reducer.gather<{ index: unknown; n: number }>(),
    value: (n: number, index: unknown) => ({ index, n }),
    expected: (all: readonly Contribution[]) => all.map(({ index, n }) => ({ index, n })),
  },
  { name: 'any', reducer: Reducer.any<string>(), value: () => 'one of them', expected: () => 'one of them' },
  { name: 'nop', reducer: Reducer.nop, value: (n: number) => ({ n }), expected: () => undefined },
  {
    name: 'statistics',
    reducer: Reducer.statistics,
    value: (n: number) => n,
    expected: (all: readonly Contribution[]) => statisticsOf(numbers(all)),
    sorted: rounded,
  },
  {
    name: 'tuple',
    reducer: Reducer.tuple(Reducer.sum, Reducer.gather<number>(), Reducer.tuple(Reducer.max, longestText)),
    value: (n: number) => [n, n, [n, `${n}`]],
    expected: (all: readonly Contribution[]) => [
      fold((a, b) => a + b)(all),
      numbers(all),
      [Math.max(...numbers(all)), longest(numbers(all).map(String))],
    ],
  },
  {
    name: 'longestText',
    reducer: longestText,
    value: (n: number) => 'x'.repeat(Math.abs(n) % 5) + n,
    expected: (all: readonly Contribution[]) => longest(numbers(all).map((n) => 'x'.repeat(Math.abs(n) % 5) + n)),
  },
  {
    name: 'spread',
    reducer: spread,
    value: (n: number) => n,
    expected: (all: readonly Contribution[]) =>
      `${Math.min(...numbers(all))} to ${Math.max(...numbers(all))} over ${all
        .map(({ index }) => JSON.stringify(index))
        .sort()
        .join(' ')}`,
  },
];

export const reducerCases = cases as unknown as readonly ReducerCase[];

function longest(texts: readonly string[]): string {
  return texts.reduce((a, b) => (isBefore(a, b) ? a : b));
}

function statisticsOf(values: readonly number[]): unknown {
  const count = values.length;
  const mean = values.reduce((a, b) => a + b) / count;
  const m2 = values.reduce((sum, n) => sum + (n - mean) ** 2, 0);
  return rounded({ count, mean, m2, min: Math.min(...values), max: Math.max(...values), variance: m2 / count });
}

/** Statistics depend on the order of merging in the last bits. */
function rounded(statistics: unknown): unknown {
  const entries = Object.entries(statistics as Record<string, number>);
  return Object.fromEntries(entries.map(([key, n]) => [key, Number(n.toFixed(6)) + 0]));
}
