/**
 * `Datatype`: where the bytes of one item lie, relative to the item's place in a buffer.
 *
 * A type is kept flat: segments of adjacent bytes in the order of the type map, so that packing is a loop of copies, however
 * the type was built. A vector of a million blocks has a million segments; it has also been a million blocks to copy.
 *
 * Invariants: `size` is the sum of the segments' lengths; a contiguous type is one segment that begins at 0 and fills its extent.
 */
import { MpiError } from '../errors.ts';

export type NumberArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;
/** Makes a typed array over memory. */
export type ArrayMaker = new (buffer: ArrayBufferLike, byteOffset?: number, length?: number) => NumberArray;

/** How a type was built: what `getEnvelope` and `getContents` tell. */
export interface Recipe {
  readonly combiner: string;
  readonly numbers: readonly number[];
  readonly types: readonly Datatype[];
}

/** Equal items one after another: bytes of each, and how many. */
export interface ItemRun {
  readonly bytes: number;
  readonly count: number;
}

export interface Layout {
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  readonly runs: readonly ItemRun[];
  readonly lb: number;
  readonly ub: number;
}

const named: Recipe = { combiner: 'NAMED', numbers: [], types: [] };

export class Datatype {
  name: string;
  /** Bytes of data in one item. */
  readonly size: number;
  /** Where the item begins, and from one item to the next, in bytes. */
  readonly lb: number;
  readonly extent: number;
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  readonly runs: readonly ItemRun[];
  /** The typed array of its basic items, if they are all of one kind. */
  readonly make: ArrayMaker | undefined;
  readonly isContiguous: boolean;
  readonly recipe: Recipe;
  isCommitted: boolean;
  isFreed = false;

  constructor(name: string, layout: Layout, make: ArrayMaker | undefined, recipe: Recipe = named) {
    this.name = name;
    this.offsets = layout.offsets;
    this.lengths = layout.lengths;
    this.runs = layout.runs;
    this.lb = layout.lb;
    this.extent = layout.ub - layout.lb;
    this.size = layout.lengths.reduce((sum, length) => sum + length, 0);
    this.make = make;
    this.recipe = recipe;
    this.isCommitted = recipe.combiner === 'NAMED';
    this.isContiguous =
      this.size === 0 ||
      (this.offsets.length === 1 && this.offsets[0] === 0 && this.lb === 0 && this.extent === this.size);
  }

  get ub(): number {
    return this.lb + this.extent;
  }

  /** Where the data themselves begin and how far they go, without what `resized` has set. */
  get trueLb(): number {
    return this.offsets.length === 0 ? 0 : this.offsets.reduce((a, b) => Math.min(a, b));
  }

  get trueExtent(): number {
    const end = this.offsets.reduce((max, offset, i) => Math.max(max, offset + this.lengths[i]!), 0);
    return end - this.trueLb;
  }

  /** The same items packed: side by side, nothing between. */
  get packedForm(): Datatype {
    const { runs, size, make } = this;
    return new Datatype('packed', { offsets: [0], lengths: [size], runs, lb: 0, ub: size }, make);
  }

  /** Must be called before a derived type is used. */
  commit(): this {
    this.isCommitted = true;
    return this;
  }

  /** Types built from it stay valid. */
  free(): void {
    if (this.recipe.combiner === 'NAMED') throw new MpiError('TYPE', `${this.name} is predefined and can't be freed`);
    this.isFreed = true;
  }

  getExtent(): { readonly lb: number; readonly extent: number } {
    return { lb: this.lb, extent: this.extent };
  }

  getTrueExtent(): { readonly trueLb: number; readonly trueExtent: number } {
    return { trueLb: this.trueLb, trueExtent: this.trueExtent };
  }

  /** Bytes of one item. */
  getSize(): number {
    return this.size;
  }

  getEnvelope(): { readonly combiner: string; readonly numbers: number; readonly types: number } {
    const { combiner, numbers, types } = this.recipe;
    return { combiner, numbers: numbers.length, types: types.length };
  }

  /** @throws MpiError for predefined types. */
  getContents(): Recipe {
    if (this.recipe.combiner === 'NAMED') throw new MpiError('TYPE', `${this.name} is predefined: it has no contents`);
    return this.recipe;
  }

  getName(): string {
    return this.name;
  }

  setName(name: string): void {
    this.name = name;
  }

  /** Basic items in the first `bytes` bytes of data; undefined if they end inside of one. */
  elementsIn(bytes: number): number | undefined {
    if (this.size === 0) return 0;
    const perItem = this.runs.reduce((sum, { count }) => sum + count, 0);
    let elements = Math.floor(bytes / this.size) * perItem;
    let left = bytes % this.size;
    for (const run of this.runs) {
      if (left === 0) break;
      const count = Math.min(run.count, Math.floor(left / run.bytes));
      elements += count;
      left -= count * run.bytes;
      if (count < run.count && left > 0) return undefined;
    }
    return elements;
  }
}

/** @throws MpiError for a type that was freed or not committed. */
export function checkUsable(type: Datatype): void {
  if (type.isFreed) throw new MpiError('TYPE', `the datatype ${type.name} has been freed`);
  if (!type.isCommitted) throw new MpiError('TYPE', `the datatype ${type.name} is not committed; call commit() once`);
}
