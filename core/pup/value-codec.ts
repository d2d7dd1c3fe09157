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
 * Limits: nesting 64 deep (which also stops cycles); every count and length is checked before allocating.
 */
import { CharmError, type ErrorWire, fromWire, toWire } from '../base/errors.ts';
import { type Reader, slabArrayBytesMax } from './reader.ts';
import { attachmentBytesMin, type Writer } from './writer.ts';

/** Something that writes itself: proxies, futures, callbacks. */
export abstract class Handle {
  /** Writes a handle kind byte and the fields that `HandleReader` for that kind reads back. */
  abstract [writeHandle](writer: Writer): void;
}

export const writeHandle: unique symbol = Symbol('writeHandle');

/** Reads back what `Handle[writeHandle]` wrote, bound to the reading PE. */
export type HandleReader = (reader: Reader) => unknown;

const Tag = {
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
} as const;

type TypedArrayConstructor = new (
  buffer: ArrayBufferLike,
  offset: number,
  length: number,
) => ArrayBufferView & { readonly length: number };

/** Order is the wire. `size` is bytes per element; index 0 stands for a bare ArrayBuffer. */
const arrayTypes: readonly { readonly make: TypedArrayConstructor; readonly size: number }[] = [
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

const depthMax = 64;
const arrayBufferCode = 0;
const doublesCode = 9;
const dataViewCode = 12;

function arrayCode(value: object): number {
  for (let code = 1; code < arrayTypes.length; code++) if (value instanceof arrayTypes[code]!.make) return code;
  return arrayBufferCode;
}

class NotEncodable extends Error {}

/** Appends `value`. Throws NotEncodable, which `encodeArguments` and friends turn into a CharmError with a path. */
function write(writer: Writer, value: unknown, depth: number): void {
  switch (typeof value) {
    case 'number':
      if ((value | 0) === value && !Object.is(value, -0)) {
        writer.u8(Tag.int32);
        writer.i32(value);
      } else {
        writer.u8(Tag.float64);
        writer.f64(value);
      }
      return;
    case 'string':
      writer.u8(Tag.text);
      writer.text(value);
      return;
    case 'boolean':
      writer.u8(value ? Tag.true : Tag.false);
      return;
    case 'undefined':
      writer.u8(Tag.undefined);
      return;
    case 'bigint':
      writer.u8(Tag.bigint);
      writer.text(value.toString(16));
      return;
    case 'object':
      if (value === null) writer.u8(Tag.null);
      else writeObject(writer, value, depth);
      return;
    default:
      throw new NotEncodable(`a ${typeof value}`);
  }
}

function writeObject(writer: Writer, value: object, depth: number): void {
  if (depth > depthMax) throw new NotEncodable(`nested more than ${depthMax} deep, or in a cycle`);
  if (value instanceof Handle) {
    writer.u8(Tag.handle);
    value[writeHandle](writer);
  } else if (value instanceof Float64Array) {
    writeDoubles(writer, value);
  } else if (ArrayBuffer.isView(value)) {
    writeBytes(writer, arrayCode(value), value.buffer, value.byteOffset, value.byteLength);
  } else if (Array.isArray(value)) {
    writer.u8(Tag.array);
    writer.u32(value.length);
    for (let i = 0; i < value.length; i++) write(writer, value[i], depth + 1);
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) writeFields(writer, value, depth);
    else writeInstance(writer, value, depth);
  }
}

function writeFields(writer: Writer, value: object, depth: number): void {
  const keys = Object.keys(value);
  writer.u8(Tag.object);
  writer.u32(keys.length);
  for (const key of keys) {
    writer.text(key);
    write(writer, (value as Record<string, unknown>)[key], depth + 1);
  }
}

function writeInstance(writer: Writer, value: object, depth: number): void {
  if (value instanceof Map) {
    writer.u8(Tag.map);
    writer.u32(value.size);
    for (const [key, entry] of value) {
      write(writer, key, depth + 1);
      write(writer, entry, depth + 1);
    }
  } else if (value instanceof Set) {
    writer.u8(Tag.set);
    writer.u32(value.size);
    for (const entry of value) write(writer, entry, depth + 1);
  } else if (value instanceof Date) {
    writer.u8(Tag.date);
    writer.f64(value.getTime());
  } else if (value instanceof ArrayBuffer) {
    writeBytes(writer, arrayBufferCode, value, 0, value.byteLength);
  } else if (value instanceof Error) {
    writer.u8(Tag.error);
    writeFields(writer, toWire(value), depth);
  } else {
    throw new NotEncodable(`an instance of ${value.constructor?.name ?? 'an unnamed class'}`);
  }
}

/** Arrays up to this size are copied element by element, which beats the call of a native copy. */
const smallBytesMax = 256;

function writeDoubles(writer: Writer, value: Float64Array): void {
  const bytes = value.length * 8;
  if (bytes > smallBytesMax) return writeBytes(writer, doublesCode, value.buffer, value.byteOffset, bytes);
  writer.u8(Tag.typedArray);
  writer.u8(doublesCode);
  writer.u32(bytes);
  const at = writer.aligned(bytes) >>> 3;
  const target = writer.memory.doubles;
  for (let i = 0; i < value.length; i++) target[at + i] = value[i]!;
}

function writeBytes(writer: Writer, code: number, buffer: ArrayBufferLike, offset: number, length: number): void {
  const bytes = new Uint8Array(buffer, offset, length);
  if (length >= attachmentBytesMin) {
    writer.u8(Tag.attachedArray);
    writer.u8(code);
    writer.u32(length);
    writer.u32(writer.attach(bytes));
    return;
  }
  writer.u8(Tag.typedArray);
  writer.u8(code);
  writer.u32(length);
  const at = writer.aligned(length);
  if (length > smallBytesMax) writer.bytes.set(bytes, at);
  else for (let i = 0; i < length; i++) writer.bytes[at + i] = bytes[i]!;
}

/** Appends one value. @throws CharmError ERR_NOT_ENCODABLE naming the path below `what`. */
export function encodeValue(writer: Writer, value: unknown, what: string): void {
  try {
    write(writer, value, 0);
  } catch (error) {
    throw explain(error, value, what);
  }
}

/** Appends an argument list: a count, then the values. */
export function encodeArguments(writer: Writer, args: readonly unknown[], what: string): void {
  writer.u8(args.length);
  for (let i = 0; i < args.length; i++) {
    try {
      write(writer, args[i], 0);
    } catch (error) {
      throw explain(error, args[i], `argument ${i + 1} of ${what}`);
    }
  }
}

function explain(error: unknown, value: unknown, what: string): unknown {
  if (!(error instanceof NotEncodable)) return error;
  const path = findOffender(value, '', 0) ?? '';
  return new CharmError(
    'ERR_NOT_ENCODABLE',
    `${what} can't be sent: ${path === '' ? 'it' : `its ${path}`} is ${error.message}; ` +
      'send plain data, typed arrays, Map, Set, Date, bigint, proxies, callbacks or futures',
  );
}

/** Path of the first part that `write` refuses. Only runs once something was refused. */
function findOffender(value: unknown, path: string, depth: number): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol' || depth > depthMax) return path;
  if (typeof value !== 'object' || value === null || value instanceof Handle || ArrayBuffer.isView(value))
    return undefined;
  for (const [key, part] of partsOf(value)) {
    const found = findOffender(part, `${path}${key}`, depth + 1);
    if (found !== undefined) return found;
  }
  const known = [Map, Set, Date, ArrayBuffer, Error, Array].some((type) => value instanceof type);
  const prototype: unknown = Object.getPrototypeOf(value);
  return known || prototype === Object.prototype || prototype === null ? undefined : path;
}

function partsOf(value: object): Iterable<readonly [string, unknown]> {
  if (Array.isArray(value)) return value.map((part, i) => [`[${i}]`, part] as const);
  if (value instanceof Set) return [...value].map((part, i) => [`.values()[${i}]`, part] as const);
  if (value instanceof Map) return [...value].map(([key, part]) => [`.get(${String(key)})`, part] as const);
  const plain = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  return plain ? Object.entries(value).map(([key, part]) => [`.${key}`, part] as const) : [];
}

/** Reads one value. @throws CharmError ERR_DECODE on anything that `encodeValue` does not write. */
export function decodeValue(reader: Reader, handles: HandleReader): unknown {
  return read(reader, handles, 0);
}

/** Reads an argument list. */
export function decodeArguments(reader: Reader, handles: HandleReader): unknown[] {
  const count = reader.u8();
  const args: unknown[] = [];
  for (let i = 0; i < count; i++) args.push(read(reader, handles, 0));
  return args;
}

function read(reader: Reader, handles: HandleReader, depth: number): unknown {
  const tag = reader.u8();
  switch (tag) {
    case Tag.int32:
      return reader.i32();
    case Tag.float64:
      return reader.f64();
    case Tag.text:
      return reader.text();
    case Tag.true:
      return true;
    case Tag.false:
      return false;
    case Tag.undefined:
      return undefined;
    case Tag.null:
      return null;
    case Tag.typedArray:
    case Tag.attachedArray:
      return readArray(reader, tag === Tag.attachedArray);
    case Tag.handle:
      return handles(reader);
    case Tag.bigint:
      return readBigint(reader.text());
    case Tag.date:
      return new Date(reader.f64());
    default:
      if (depth > depthMax) throw new CharmError('ERR_DECODE', `a message nests more than ${depthMax} deep`);
      return readStructure(reader, tag, handles, depth + 1);
  }
}

function readStructure(reader: Reader, tag: number, handles: HandleReader, depth: number): unknown {
  switch (tag) {
    case Tag.array: {
      const items: unknown[] = [];
      for (let left = reader.count(); left > 0; left--) items.push(read(reader, handles, depth));
      return items;
    }
    case Tag.object:
      return readFields(reader, handles, depth);
    case Tag.map: {
      const map = new Map<unknown, unknown>();
      for (let left = reader.count(); left > 0; left--)
        map.set(read(reader, handles, depth), read(reader, handles, depth));
      return map;
    }
    case Tag.set: {
      const set = new Set<unknown>();
      for (let left = reader.count(); left > 0; left--) set.add(read(reader, handles, depth));
      return set;
    }
    case Tag.error:
      if (reader.u8() !== Tag.object) throw new CharmError('ERR_DECODE', 'an error on the wire has no fields');
      return fromWire(readFields(reader, handles, depth) as unknown as ErrorWire);
    default:
      throw new CharmError('ERR_DECODE', `unknown value tag ${tag} in a message`);
  }
}

function readFields(reader: Reader, handles: HandleReader, depth: number): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (let left = reader.count(); left > 0; left--) {
    const key = reader.text();
    const value = read(reader, handles, depth);
    // An own property, never the setter: a key like __proto__ must not touch any prototype.
    if (key === '__proto__')
      Object.defineProperty(fields, key, { value, writable: true, enumerable: true, configurable: true });
    else fields[key] = value;
  }
  return fields;
}

function readBigint(hex: string): bigint {
  if (!/^-?[0-9a-f]+$/.test(hex)) throw new CharmError('ERR_DECODE', 'a bigint on the wire is not hexadecimal');
  return hex.startsWith('-') ? -BigInt(`0x${hex.slice(1)}`) : BigInt(`0x${hex}`);
}

function readArray(reader: Reader, attached: boolean): ArrayBuffer | ArrayBufferView {
  const code = reader.u8();
  const length = reader.u32();
  const type = arrayTypes[code];
  if (type === undefined || length % type.size !== 0) {
    throw new CharmError('ERR_DECODE', `array type ${code} with ${length} bytes does not exist`);
  }
  const at = attached ? reader.attachment(reader.u32(), length) : reader.aligned(length);
  const { memory } = reader;
  if (code === arrayBufferCode) return copyOf(reader, at, length).buffer;
  const count = code === dataViewCode ? length : length / type.size;
  if (reader.owned) return new type.make(memory.buffer, memory.offset + at, count);
  if (length <= slabArrayBytesMax) {
    const offset = reader.copyToSlab(at, length);
    return new type.make(reader.slab.buffer, offset, count);
  }
  const copy = copyOf(reader, at, length);
  return code === 1 ? copy : new type.make(copy.buffer, 0, count);
}

function copyOf(reader: Reader, at: number, length: number): Uint8Array<ArrayBuffer> {
  const copy = newBytes(length);
  copy.set(reader.bytes.subarray(at, at + length));
  return copy;
}

/** Memory that fills its buffer. Large ones are not zeroed first where the platform allows it; every byte is overwritten. */
function newBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length < attachmentBytesMin || typeof Buffer === 'undefined') return new Uint8Array(length);
  const { buffer } = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(buffer as ArrayBuffer);
}
