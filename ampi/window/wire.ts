/** What one-sided operations look like on their way: orders to the rank that has the memory, and its answers. Values are the wire. */

import type { Op } from '../collectives/op.ts';
import { predefinedOps } from '../collectives/op.ts';
import { type ArrayMaker, Datatype, type NumberArray } from '../datatype/datatype.ts';
import { Place } from '../datatype/place.ts';
import { MpiError } from '../errors.ts';

export const OrderKind = {
  put: 0,
  get: 1,
  accumulate: 2,
  getAccumulate: 3,
  compareAndSwap: 4,
  lock: 5,
  unlock: 6,
  post: 7,
  complete: 8,
  answer: 9,
} as const;
export type OrderKind = (typeof OrderKind)[keyof typeof OrderKind];

/** A type and a count: kind of numbers, count, and for types that are not contiguous the layout. */
export type Shape = readonly [
  kind: number,
  count: number,
  layout?: readonly [readonly number[], readonly number[], number, number],
];

/** Kind, the origin's number for it, and what belongs to the kind. */
export interface Order {
  readonly kind: OrderKind;
  readonly id: number;
  /** Displacement at the target, in its units. */
  readonly at: number;
  readonly data: NumberArray | undefined;
  readonly shape: Shape | undefined;
  /** Number of the operation, or what a lock is. */
  readonly op: number;
  readonly compare: NumberArray | undefined;
}

const kinds: readonly ArrayMaker[] = [
  Uint8Array,
  Int8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

export function shapeOf({ type, count }: { readonly type: Datatype; readonly count: number }): Shape {
  const kind = type.make === undefined ? 0 : Math.max(0, kinds.indexOf(type.make));
  const { offsets, lengths, lb, ub, size } = type;
  if (type.isContiguous && type.make !== undefined) {
    const bytesPer = new type.make(new ArrayBuffer(0)).BYTES_PER_ELEMENT;
    return [kind, (count * size) / bytesPer];
  }
  return [kind, count, [offsets, lengths, lb, ub]];
}

/** The place in a target's memory that an order is about. @throws MpiError if it does not lie in it */
export function placeIn(memory: Uint8Array, at: number, [kind, count, layout]: Shape): Place {
  const make = kinds[kind]!;
  const bytesPer = new make(new ArrayBuffer(0)).BYTES_PER_ELEMENT;
  const [offsets, lengths, lb, ub] = layout ?? [[0], [bytesPer], 0, bytesPer];
  const type = new Datatype('remote', { offsets, lengths, runs: [], lb, ub }, make);
  const place = new Place(memory, type, count, at);
  const end = at + Math.max(0, count - 1) * type.extent + type.trueLb + type.trueExtent;
  if (count > 0 && (at + type.trueLb < 0 || end > memory.length))
    throw new MpiError('RMA_RANGE', `bytes ${at} to ${end} of a window of ${memory.length} bytes`);
  return place;
}

export function opNumber(op: Op): number {
  const number = predefinedOps.indexOf(op);
  if (number < 0) throw new MpiError('OP', 'one-sided operations take predefined operations only');
  return number;
}

export function opOf(number: number): Op {
  return predefinedOps[number]!;
}
