/**
 * Reducers: how contributions become one value.
 *
 * A contribution is `prepare`d on its PE, prepared values are `merge`d in any order and grouping on the way to the
 * root, and the root `finish`es. `merge` may change and return its first argument, which no user holds.
 * Floating-point sums depend on the order of arrival; where the last bit matters, `gather` and add up in order.
 */
import { CharmError, UsageError } from '../base/errors.ts';
import type { Reader } from '../pup/reader.ts';
import type { Writer } from '../pup/writer.ts';

/** For the compiler only: what a reducer takes and gives. */
declare const types: unique symbol;

/** Turns contributions of type `V` into a result of type `R`. Nothing else passes for one, not even `Reducer.set` uncalled. */
export interface Reducer<in V, out R> {
  readonly name: string;
  readonly [types]: (value: V) => R;
}

/** What a user writes. `P` is the intermediate form that travels. */
export interface ReducerSteps<V, R, P> {
  /** From a contribution (and the element's index) to the intermediate form; must not return the user's own object. */
  readonly prepare?: (value: V, index: unknown) => P;
  readonly merge: (a: P, b: P) => P;
  readonly finish?: (merged: P) => R;
}

/** Which element contributes. */
export interface ElementIndex {
  index(): unknown;
  /** What `gather` sorts by: numbers and tuples as such, anything else by its key's text. */
  order(): unknown;
}

/** The runtime's view of any reducer. */
export class AnyReducer implements Reducer<never, unknown> {
  declare readonly [types]: (value: never) => unknown;
  readonly name: string;
  readonly prepare: (value: unknown, at: ElementIndex) => unknown;
  readonly merge: (a: unknown, b: unknown) => unknown;
  readonly finish: (merged: unknown) => unknown;

  constructor(
    name: string,
    prepare: (value: unknown, at: ElementIndex) => unknown,
    merge: (a: unknown, b: unknown) => unknown,
    finish: (merged: unknown) => unknown,
  ) {
    this.name = name;
    this.prepare = prepare;
    this.merge = merge;
    this.finish = finish;
  }
}

/** A reducer of the program; every PE finds it among the exports. */
export class CustomReducer extends AnyReducer {}

/** Several reducers side by side. */
class TupleReducer extends AnyReducer {
  readonly parts: readonly AnyReducer[];

  constructor(parts: readonly AnyReducer[]) {
    const each = (f: (part: AnyReducer, i: number) => unknown): unknown[] => parts.map(f);
    super(
      `tuple(${parts.map((part) => part.name).join(', ')})`,
      (value, at) => each((part, i) => part.prepare((value as unknown[])[i], at)),
      (a, b) => each((part, i) => part.merge((a as unknown[])[i], (b as unknown[])[i])),
      (merged) => each((part, i) => part.finish((merged as unknown[])[i])),
    );
    this.parts = parts;
  }
}

/**
 * Makes a reducer: `export const longest = reducer<string>('longest', { merge: (a, b) => (b.length > a.length ? b : a) })`.
 * Must be exported by the program.
 */
export function reducer<V, R = V, P = V>(name: string, steps: ReducerSteps<V, R, P>): Reducer<V, R> {
  const { prepare, merge, finish } = steps;
  return new CustomReducer(
    name,
    prepare === undefined ? same : (value, at) => prepare(value as V, at.index()),
    merge as (a: unknown, b: unknown) => unknown,
    finish === undefined ? same : (merged) => finish(merged as P),
  ) as unknown as Reducer<V, R>;
}

const same = (value: unknown): unknown => value;

type Numbers =
  | number[]
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** A reducer of numbers that also works element by element on arrays. */
class Elementwise extends AnyReducer {
  readonly isElementwise = true;
}

function elementwise(name: string, combine: (a: number, b: number) => number): AnyReducer {
  const mergeArrays = (a: Numbers, b: Numbers): Numbers => {
    if (a.length !== b.length)
      throw new UsageError(`${name}: arrays of ${a.length} and ${b.length} numbers can't be combined`);
    for (let i = 0; i < a.length; i++) a[i] = combine(a[i]!, b[i]!);
    return a;
  };
  const merge = (a: unknown, b: unknown): unknown =>
    typeof a === 'number' ? combine(a, b as number) : mergeArrays(a as Numbers, b as Numbers);
  return new Elementwise(name, (value) => checkedCopy(name, value), merge, same);
}

function checkedCopy(name: string, value: unknown): unknown {
  if (typeof value === 'number') return value;
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView)))
    return (value as Numbers).slice();
  throw new UsageError(
    `Reducer.${name} takes numbers or arrays of numbers, not ${value === null ? 'null' : typeof value}`,
  );
}

function logical(name: string, combine: (a: boolean, b: boolean) => boolean): AnyReducer {
  return new AnyReducer(name, Boolean, (a, b) => combine(a as boolean, b as boolean), same);
}

/** Result of `Reducer.statistics`. */
export interface Statistics {
  readonly count: number;
  readonly mean: number;
  /** Sum of squared distances from the mean. */
  readonly m2: number;
  readonly min: number;
  readonly max: number;
  /** Population variance. */
  readonly variance: number;
}

interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly m2: number;
  readonly min: number;
  readonly max: number;
}

/** Pairwise update of count, mean and M2 (Chan, Golub, LeVeque 1979). */
function mergeMoments(a: Moments, b: Moments): Moments {
  const count = a.count + b.count;
  const delta = b.mean - a.mean;
  return {
    count,
    mean: a.mean + (delta * b.count) / count,
    m2: a.m2 + b.m2 + (delta * delta * a.count * b.count) / count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}

const statistics = new AnyReducer(
  'statistics',
  (value) => ({ count: 1, mean: value, m2: 0, min: value, max: value }),
  (a, b) => mergeMoments(a as Moments, b as Moments),
  (merged) => ({ ...(merged as Moments), variance: (merged as Moments).m2 / (merged as Moments).count }),
);

function appendAll(a: unknown, b: unknown): unknown {
  for (const item of b as unknown[]) (a as unknown[]).push(item);
  return a;
}

function concatenate(parts: unknown): unknown {
  const list = parts as unknown[];
  const first = list[0];
  if (!ArrayBuffer.isView(first)) return (list as unknown[][]).flat();
  const length = (list as Float64Array[]).reduce((sum, part) => sum + part.length, 0);
  const all = new (first.constructor as Float64ArrayConstructor)(length);
  let at = 0;
  for (const part of list as Float64Array[]) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

type Indexed = readonly [index: unknown, value: unknown];

function compareIndices(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
    return 0;
  }
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1;
}

/** Order is the wire. */
const builtIn: readonly AnyReducer[] = [
  new AnyReducer(
    'nop',
    () => undefined,
    () => undefined,
    same,
  ),
  elementwise('sum', (a, b) => a + b),
  elementwise('product', (a, b) => a * b),
  elementwise('min', Math.min),
  elementwise('max', Math.max),
  logical('and', (a, b) => a && b),
  logical('or', (a, b) => a || b),
  logical('xor', (a, b) => a !== b),
  elementwise('bitAnd', (a, b) => a & b),
  elementwise('bitOr', (a, b) => a | b),
  elementwise('bitXor', (a, b) => a ^ b),
  new AnyReducer('concat', (value) => [value], appendAll, concatenate),
  new AnyReducer('set', (value) => [value], appendAll, same),
  new AnyReducer(
    'gather',
    (value, at) => [[at.order(), value]],
    appendAll,
    (all) => (all as Indexed[]).sort((a, b) => compareIndices(a[0], b[0])).map(([, value]) => value),
  ),
  new AnyReducer('any', same, same, same),
  statistics,
];

const byName = Object.fromEntries(builtIn.map((r) => [r.name, r as unknown]));

/** Arrays of numbers that are reduced element by element. */
export type NumberArray = Numbers;

/** A reducer of numbers; on arrays of equal length it works element by element. */
export interface ElementwiseReducer extends Reducer<number, number> {
  readonly isElementwise: true;
}

/** The built-in reducers. */
export const Reducer = {
  /** No value: only the moment counts. */
  nop: byName['nop'] as Reducer<unknown, undefined>,
  sum: byName['sum'] as ElementwiseReducer,
  product: byName['product'] as ElementwiseReducer,
  min: byName['min'] as ElementwiseReducer,
  max: byName['max'] as ElementwiseReducer,
  and: byName['and'] as Reducer<boolean, boolean>,
  or: byName['or'] as Reducer<boolean, boolean>,
  xor: byName['xor'] as Reducer<boolean, boolean>,
  bitAnd: byName['bitAnd'] as ElementwiseReducer,
  bitOr: byName['bitOr'] as ElementwiseReducer,
  bitXor: byName['bitXor'] as ElementwiseReducer,
  /** Arrays end to end, in any order. */
  concat<A extends readonly unknown[] | Float64Array | Float32Array | Int32Array | Uint8Array>(): Reducer<A, A> {
    return byName['concat'] as Reducer<A, A>;
  },
  /** All values, in any order. */
  set<T>(): Reducer<T, T[]> {
    return byName['set'] as Reducer<T, T[]>;
  },
  /** All values, ordered by index. */
  gather<T>(): Reducer<T, T[]> {
    return byName['gather'] as Reducer<T, T[]>;
  },
  /** One of the values. */
  any<T>(): Reducer<T, T> {
    return byName['any'] as Reducer<T, T>;
  },
  statistics: byName['statistics'] as Reducer<number, Statistics>,
  /** Several reductions in one: contributes a tuple of values, gives a tuple of results. */
  tuple<T extends readonly Reducer<never, unknown>[]>(
    ...parts: T
  ): Reducer<
    { readonly [K in keyof T]: T[K] extends Reducer<infer V, unknown> ? V : never },
    { [K in keyof T]: T[K] extends Reducer<never, infer R> ? R : never }
  > {
    return new TupleReducer(parts as unknown as AnyReducer[]) as never;
  },
} as const;

const tupleCode = 255;
const customCode = 254;

/** Writes which reducer it is; `nameOf` gives a custom one its export name. */
export function writeReducer(writer: Writer, of: AnyReducer, nameOf: (custom: CustomReducer) => string): void {
  if (of instanceof TupleReducer) {
    writer.u8(tupleCode);
    writer.u8(of.parts.length);
    for (const part of of.parts) writeReducer(writer, part, nameOf);
  } else if (of instanceof CustomReducer) {
    writer.u8(customCode);
    writer.text(nameOf(of));
  } else {
    writer.u8(builtIn.indexOf(of));
  }
}

export function readReducer(reader: Reader, byExportName: (name: string) => CustomReducer): AnyReducer {
  const code = reader.u8();
  if (code === tupleCode) {
    const parts: AnyReducer[] = [];
    for (let left = reader.u8(); left > 0; left--) parts.push(readReducer(reader, byExportName));
    return new TupleReducer(parts);
  }
  if (code === customCode) return byExportName(reader.text());
  const found = builtIn[code];
  if (found === undefined) throw new CharmError('ERR_DECODE', `there is no reducer ${code}`);
  return found;
}
