/** How a program says which elements are in a section, and the keys that it means. */
import { UsageError } from '../base/errors.ts';
import type { Collection } from '../chare/collection.ts';
import type { Key } from '../chare/index-space.ts';

/**
 * A range of indices, for tuples in each dimension: from `from` (default 0) up to but not including `to` (default: the
 * extent), in steps of `step` (default 1).
 */
export interface Slice<I> {
  readonly from?: Extent<I>;
  readonly to?: Extent<I>;
  readonly step?: Extent<I>;
}

type Extent<I> = I extends readonly number[] ? { readonly [K in keyof I]: number } : I;

/** Indices one by one, a range, or those for which a function says true. Ranges and functions need a dense array or a group. */
export type SectionIndices<I> = Iterable<I> | ((index: I) => boolean) | Slice<I>;

/** Each key once, in the order given. @throws UsageError for what is no set of indices of the collection. */
export function keysOf(collection: Collection, indices: SectionIndices<unknown>): readonly Key[] {
  const { space, type } = collection;
  if (typeof indices === 'function') {
    const found: Key[] = [];
    const size = closedSize(collection, 'a condition');
    for (let key = 0; key < size; key++) if (indices(space.toIndex(key))) found.push(key);
    return found;
  }
  if (typeof indices !== 'object' || indices === null)
    throw new UsageError(
      `a section of ${type.name} needs indices: a list, { from, to, step } or a function, not ${typeof indices}`,
    );
  if (!isIterable(indices)) return sliceKeys(collection, indices as Slice<number | readonly number[]>);
  return [...new Set(Array.from(indices, (index) => space.toKey(index, type.name)))];
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

function closedSize({ space, type }: Collection, what: string): number {
  if (Number.isNaN(space.size))
    throw new UsageError(
      `${type.name} is a sparse array, whose elements nobody knows all: ${what} can't say which are in the section; list their indices`,
    );
  return space.size;
}

const sliceFields = ['from', 'to', 'step'];

function sliceKeys(collection: Collection, slice: Slice<number | readonly number[]>): Key[] {
  const { space, type } = collection;
  const size = closedSize(collection, 'a range');
  const unknown = Object.keys(slice).find((field) => !sliceFields.includes(field));
  if (unknown !== undefined)
    throw new UsageError(`a range of ${type.name} has no field ${unknown}; there are ${sliceFields.join(', ')}`);
  const dims = space.dims.length === 0 ? [size] : space.dims;
  const ranges = dims.map((extent, d) => {
    const at = (value: number | readonly number[] | undefined, standard: number): number =>
      value === undefined ? standard : typeof value === 'number' ? value : value[d]!;
    const [from, to, step] = [at(slice.from, 0), at(slice.to, extent), at(slice.step, 1)];
    const isValid = [from, to, step].every(Number.isInteger) && from >= 0 && to <= extent && step >= 1;
    if (!isValid)
      throw new UsageError(
        `${type.name} has no range from ${from} to ${to} in steps of ${step}: its extent is ${extent}`,
        'ERR_INDEX_OUT_OF_RANGE',
      );
    return { from, to, step };
  });
  let keys: number[] = [0];
  for (const [d, { from, to, step }] of ranges.entries()) {
    const next: number[] = [];
    for (const key of keys) for (let i = from; i < to; i += step) next.push(key * dims[d]! + i);
    keys = next;
  }
  return keys;
}
