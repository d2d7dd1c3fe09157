/**
 * Values on the wire: a tag byte, then the value. One codec for arguments, results and (with identity) state.
 *
 * Small numbers, booleans and short strings go straight into the frame; typed arrays go as aligned raw bytes
 * (4 KiB and more as attachments that are never copied here). Plain objects, arrays, Map, Set, Date, bigint
 * and errors recurse. Handles (proxies, futures, callbacks) write themselves and are read back bound to the
 * PE that reads. Everything else (functions, promises, symbols, instances of other classes) is refused with
 * the path of the offender, because dropping a field in silence would be worse.
 *
 * Why not msgpackr here: it turns functions and class instances into something else without an error, -0 into
 * 0, and cannot bind a proxy to the PE that decodes it (docs/messages.md has the list). State needs a codec
 * with identity and classes anyway; one codec instead of two.
 *
 * Limits: arguments nest 64 deep (which also stops cycles), state 1,000; every count and length is checked before allocating.
 */
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** Something that writes itself: proxies, futures, callbacks. */
export abstract class Handle {
  /** Writes a handle kind byte and the fields that `HandleReader` for that kind reads back. */
  abstract [writeHandle](writer: Writer): void;
}

export const writeHandle: unique symbol = Symbol('writeHandle');

/** What decoding needs of the PE that reads. */
export interface DecodeContext {
  /** Reads back what `Handle[writeHandle]` wrote, bound to this PE. */
  handle(reader: Reader): unknown;
  readonly classes: ClassTable;
}

/** The value classes of a program: their instances travel as class number and fields. */
export interface ClassTable {
  /** Number of the class with this prototype, or -1. */
  numberOf(prototype: object): number;
  /** @throws CharmError ERR_DECODE for a number that stands for no class. */
  prototypeOf(number: number): object;
}

/** Methods by which a class may say itself what of it travels. */
interface Packable {
  pack(): unknown;
  unpack(packed: unknown): void;
}

export function isPackable(value: object): value is Packable {
  return 'pack' in value && typeof value.pack === 'function' && 'unpack' in value && typeof value.unpack === 'function';
}

/** Values are the wire. */
export const Tag = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  int32: 4,
  float64: 5,
  text: 6,
  bigint: 7,
  date: 8,
  array: 9,
  object: 10,
  map: 11,
  set: 12,
  typedArray: 13,
  attachedArray: 14,
  handle: 15,
  error: 16,
  instance: 17,
  packedInstance: 18,
  reference: 19,
  utf16: 20,
  closure: 21,
} as const;

type TypedArrayConstructor = new (
  buffer: ArrayBufferLike,
  offset: number,
  length: number,
) => ArrayBufferView & { readonly length: number };

/** Order is the wire. `size` is bytes per element; index 0 stands for a bare ArrayBuffer. */
export const arrayTypes: readonly { readonly make: TypedArrayConstructor; readonly size: number }[] = [
  { make: Uint8Array, size: 1 },
  { make: Uint8Array, size: 1 },
  { make: Int8Array, size: 1 },
  { make: Uint8ClampedArray, size: 1 },
  { make: Int16Array, size: 2 },
  { make: Uint16Array, size: 2 },
  { make: Int32Array, size: 4 },
  { make: Uint32Array, size: 4 },
  { make: Float32Array, size: 4 },
  { make: Float64Array, size: 8 },
  { make: BigInt64Array, size: 8 },
  { make: BigUint64Array, size: 8 },
  { make: DataView as unknown as TypedArrayConstructor, size: 1 },
];

export const depthMax = 64;
/** State may hold linked lists. */
export const stateDepthMax = 1000;
export const arrayBufferCode = 0;
export const bytesCode = 1;
export const doublesCode = 9;
export const dataViewCode = 12;
