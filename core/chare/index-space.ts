/**
 * Indices and keys. Users see an index (a number, a tuple of 1 to 6 numbers, a string, or their own type); the
 * runtime uses a key: a number or a string that is cheap to look up and to send.
 *
 *     dense array      index linearised row by row: a number below `size`
 *     sparse array     a number is its own key; a tuple becomes "(1,2,3)", a string "'text"
 *     own index type   the text of the class's `indexCodec`, marked "'"
 *     group            PE number (node group: node number)
 *     singleton        sequence number and PEs, packed: see Charm.spawn
 */
import { UsageError } from '../base/errors.ts';

export type Key = number | string;

/** Turns a user's own index type into text and back: `static readonly indexCodec` of a chare class. */
export interface IndexCodec<I> {
  encode(index: I): string;
  decode(text: string): I;
}

export const dimensionsMax = 6;

export interface IndexSpace {
  /** Extents of a dense array; empty otherwise. */
  readonly dims: readonly number[];
  /** Number of indices of a closed space; NaN where elements come and go. */
  readonly size: number;
  /** @throws UsageError for something that is no index of this space. */
  toKey(index: unknown, className: string): Key;
  toIndex(key: Key): unknown;
  /** What stands between brackets in a report. */
  describe(key: Key): string;
}

/** Dense arrays of 1 to 6 dimensions. */
export class DenseSpace implements IndexSpace {
  readonly dims: readonly number[];
  readonly size: number;
  readonly #isFlat: boolean;

  constructor(dims: readonly number[], isFlat: boolean) {
    this.dims = dims;
    this.size = dims.reduce((product, extent) => product * extent, 1);
    this.#isFlat = isFlat;
  }

  /** Plain numbers as indices (`size: 8`), not tuples of one (`size: [8]`). */
  get isFlat(): boolean {
    return this.#isFlat;
  }

  /** The common case is short, so that it is inlined into the sender's method. */
  toKey(index: unknown, className: string): Key {
    if (this.#isFlat && typeof index === 'number' && index >= 0 && index < this.size && Number.isInteger(index))
      return index;
    return this.#tupleKey(index, className);
  }

  #tupleKey(index: unknown, className: string): Key {
    if (this.#isFlat) throw outOfRange(className, index, `0 to ${this.size - 1}`);
    if (!Array.isArray(index) || index.length !== this.dims.length) {
      throw outOfRange(className, index, `a tuple of ${this.dims.length} integers below [${this.dims.join(', ')}]`);
    }
    let key = 0;
    for (let d = 0; d < this.dims.length; d++) {
      const i: unknown = index[d];
      if (typeof i !== 'number' || !Number.isInteger(i) || i < 0 || i >= this.dims[d]!) {
        throw outOfRange(className, index, `a tuple of integers below [${this.dims.join(', ')}]`);
      }
      key = key * this.dims[d]! + i;
    }
    return key;
  }

  toIndex(key: Key): unknown {
    if (this.#isFlat) return key;
    const index = new Array<number>(this.dims.length);
    let rest = key as number;
    for (let d = this.dims.length - 1; d >= 0; d--) {
      const extent = this.dims[d]!;
      index[d] = rest % extent;
      rest = Math.floor(rest / extent);
    }
    return index;
  }

  describe(key: Key): string {
    const index = this.toIndex(key);
    return Array.isArray(index) ? index.join(', ') : String(index);
  }
}

/** Sparse arrays. */
export class SparseSpace implements IndexSpace {
  readonly dims: readonly number[] = [];
  readonly size = Number.NaN;
  readonly #codec: IndexCodec<unknown> | undefined;

  constructor(codec: IndexCodec<unknown> | undefined) {
    this.#codec = codec;
  }

  toKey(index: unknown, className: string): Key {
    if (this.#codec !== undefined) return `'${this.#codec.encode(index)}`;
    if (typeof index === 'number' && Number.isSafeInteger(index)) return index;
    if (typeof index === 'string') return `'${index}`;
    if (
      Array.isArray(index) &&
      index.length >= 1 &&
      index.length <= dimensionsMax &&
      index.every(Number.isSafeInteger)
    ) {
      return `(${index.join()})`;
    }
    throw outOfRange(
      className,
      index,
      `an integer, a tuple of 1 to ${dimensionsMax} integers, a string, or a static indexCodec`,
    );
  }

  toIndex(key: Key): unknown {
    if (typeof key === 'number') return key;
    const text = key.slice(1);
    if (key.startsWith('(')) return text.slice(0, -1).split(',').map(Number);
    return this.#codec === undefined ? text : this.#codec.decode(text);
  }

  describe(key: Key): string {
    if (typeof key === 'number') return String(key);
    return key.startsWith('(') ? key.slice(1, -1).replaceAll(',', ', ') : JSON.stringify(key.slice(1));
  }
}

/** Groups (one branch per PE) and node groups (one per node runtime). */
export class BranchSpace implements IndexSpace {
  readonly dims: readonly number[] = [];
  readonly size: number;
  readonly #unit: string;

  constructor(size: number, unit: 'PE' | 'node') {
    this.size = size;
    this.#unit = unit;
  }

  toKey(index: unknown, className: string): Key {
    if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < this.size) return index;
    throw outOfRange(className, index, `${this.#unit} numbers 0 to ${this.size - 1}`);
  }

  toIndex(key: Key): unknown {
    return key;
  }

  describe(key: Key): string {
    return `${this.#unit} ${key}`;
  }
}

/** Singleton chares. */
export class SingletonSpace implements IndexSpace {
  readonly dims: readonly number[] = [];
  readonly size = Number.NaN;

  toKey(_index: unknown, className: string): Key {
    throw new UsageError(`${className} is a singleton chare; it has no index`);
  }

  toIndex(key: Key): unknown {
    return key;
  }

  describe(key: Key): string {
    return `#${key}`;
  }
}

function outOfRange(className: string, index: unknown, allowed: string): UsageError {
  const shown = typeof index === 'object' ? JSON.stringify(index) : String(index);
  return new UsageError(`${className} has no index ${shown}; allowed: ${allowed}`, 'ERR_INDEX_OUT_OF_RANGE');
}
