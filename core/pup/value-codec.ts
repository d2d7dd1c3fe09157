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
import { CharmError, type ErrorWire, fromWire, toWire } from '../base/errors.ts';
import { type Reader, slabArrayBytesMax } from './reader.ts';
import { attachmentBytesMin, type Writer } from './writer.ts';

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

function isPackable(value: object): value is Packable {
  return 'pack' in value && typeof value.pack === 'function' && 'unpack' in value && typeof value.unpack === 'function';
}

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
  instance: 17,
  packedInstance: 18,
  reference: 19,
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
/** State may hold linked lists. */
const stateDepthMax = 1000;
const arrayBufferCode = 0;
const doublesCode = 9;
const dataViewCode = 12;

function arrayCode(value: object): number {
  for (let code = 1; code < arrayTypes.length; code++) if (value instanceof arrayTypes[code]!.make) return code;
  return arrayBufferCode;
}

class NotEncodable extends Error {}

/** Objects already written, by number, where identity matters; undefined for arguments. */
type Seen = Map<object, number> | undefined;

/** Appends `value`. Throws NotEncodable, which `encodeArguments` and friends turn into a CharmError with a path. */
function write(writer: Writer, value: unknown, depth: number, seen: Seen): void {
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
      else writeObject(writer, value, depth, seen);
      return;
    default:
      throw new NotEncodable(`a ${typeof value}`);
  }
}

function writeObject(writer: Writer, value: object, depth: number, seen: Seen): void {
  const max = seen === undefined ? depthMax : stateDepthMax;
  if (depth > max) throw new NotEncodable(`nested more than ${max} deep, or in a cycle`);
  if (value instanceof Handle) {
    writer.u8(Tag.handle);
    value[writeHandle](writer);
  } else if (seen !== undefined && isKnown(writer, value, seen)) {
    return;
  } else if (value instanceof Float64Array) {
    writeDoubles(writer, value);
  } else if (ArrayBuffer.isView(value)) {
    writeBytes(writer, arrayCode(value), value.buffer, value.byteOffset, value.byteLength);
  } else if (Array.isArray(value)) {
    writer.u8(Tag.array);
    writer.u32(value.length);
    for (let i = 0; i < value.length; i++) write(writer, value[i], depth + 1, seen);
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) writeFields(writer, value, depth, seen);
    else writeInstance(writer, value, depth, seen);
  }
}

function writeFields(writer: Writer, value: object, depth: number, seen: Seen): void {
  const keys = Object.keys(value);
  writer.u8(Tag.object);
  writer.u32(keys.length);
  for (const key of keys) {
    writer.text(key);
    write(writer, (value as Record<string, unknown>)[key], depth + 1, seen);
  }
}

function writeInstance(writer: Writer, value: object, depth: number, seen: Seen): void {
  if (value instanceof Map) {
    writer.u8(Tag.map);
    writer.u32(value.size);
    for (const [key, entry] of value) {
      write(writer, key, depth + 1, seen);
      write(writer, entry, depth + 1, seen);
    }
  } else if (value instanceof Set) {
    writer.u8(Tag.set);
    writer.u32(value.size);
    for (const entry of value) write(writer, entry, depth + 1, seen);
  } else if (value instanceof Date) {
    writer.u8(Tag.date);
    writer.f64(value.getTime());
  } else if (value instanceof ArrayBuffer) {
    writeBytes(writer, arrayBufferCode, value, 0, value.byteLength);
  } else if (value instanceof Error) {
    writer.u8(Tag.error);
    writeFields(writer, toWire(value), depth, undefined);
  } else {
    writeClassInstance(writer, value, depth, seen);
  }
}

function writeClassInstance(writer: Writer, value: object, depth: number, seen: Seen): void {
  const number = writer.classes.numberOf(Object.getPrototypeOf(value));
  const name = value.constructor?.name ?? 'an unnamed class';
  if (number === -1) throw new NotEncodable(`an instance of ${name}, which the program does not export`);
  if (isPackable(value)) {
    writer.u8(Tag.packedInstance);
    writer.u32(number);
    return write(writer, value.pack(), depth + 1, seen);
  }
  writer.u8(Tag.instance);
  writer.u32(number);
  writeFields(writer, value, depth, seen);
}

/** Writes a reference if `value` has been written before; otherwise gives it the next number. */
function isKnown(writer: Writer, value: object, seen: Map<object, number>): boolean {
  const number = seen.get(value);
  if (number === undefined) {
    seen.set(value, seen.size);
    return false;
  }
  writer.u8(Tag.reference);
  writer.u32(number);
  return true;
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
    write(writer, value, 0, undefined);
  } catch (error) {
    throw explain(error, value, what, writer.classes);
  }
}

/** Appends an argument list: a count, then the values. */
export function encodeArguments(writer: Writer, args: readonly unknown[], what: string): void {
  writer.u8(args.length);
  for (let i = 0; i < args.length; i++) {
    try {
      write(writer, args[i], 0, undefined);
    } catch (error) {
      throw explain(error, args[i], `argument ${i + 1} of ${what}`, writer.classes);
    }
  }
}

function explain(error: unknown, value: unknown, what: string, classes: ClassTable): unknown {
  if (!(error instanceof NotEncodable)) return error;
  const path = findOffender(value, '', classes, new Set()) ?? '';
  return new CharmError(
    'ERR_NOT_ENCODABLE',
    `${what} can't be sent: ${path === '' ? 'it' : `its ${path}`} is ${error.message}; ` +
      'send plain data, typed arrays, Map, Set, Date, bigint, exported classes, proxies, callbacks or futures',
  );
}

/** Path of the first part that `write` refuses. Only runs once something was refused. */
function findOffender(value: unknown, path: string, classes: ClassTable, above: Set<unknown>): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol' || above.has(value)) return path;
  if (typeof value !== 'object' || value === null || value instanceof Handle || ArrayBuffer.isView(value))
    return undefined;
  above.add(value);
  for (const [key, part] of partsOf(value, classes)) {
    const found = findOffender(part, `${path}${key}`, classes, above);
    if (found !== undefined) return found;
  }
  above.delete(value);
  const isKnown = [Map, Set, Date, ArrayBuffer, Error, Array].some((type) => value instanceof type);
  return isKnown || isFieldwise(value, classes) ? undefined : path;
}

function isFieldwise(value: object, classes: ClassTable): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || classes.numberOf(prototype) !== -1;
}

function partsOf(value: object, classes: ClassTable): Iterable<readonly [string, unknown]> {
  if (Array.isArray(value)) return value.map((part, i) => [`[${i}]`, part] as const);
  if (value instanceof Set) return [...value].map((part, i) => [`.values()[${i}]`, part] as const);
  if (value instanceof Map) return [...value].map(([key, part]) => [`.get(${String(key)})`, part] as const);
  if (!isFieldwise(value, classes)) return [];
  return Object.entries(value).map(([key, part]) => [`.${key}`, part] as const);
}

/** Reads one value. @throws CharmError ERR_DECODE on anything that `encodeValue` does not write. */
export function decodeValue(reader: Reader, context: DecodeContext): unknown {
  return read(reader, context, 0, undefined);
}

/** Reads an argument list. */
export function decodeArguments(reader: Reader, context: DecodeContext): unknown[] {
  const count = reader.u8();
  const args: unknown[] = [];
  for (let i = 0; i < count; i++) args.push(read(reader, context, 0, undefined));
  return args;
}

/** Appends a chare's fields (or what its `pack` gave), keeping identity: shared objects stay shared, cycles are fine. */
export function encodeState(writer: Writer, state: unknown, what: string): void {
  const seen = new Map<object, number>();
  try {
    write(writer, state, 0, seen);
  } catch (error) {
    throw explain(error, state, what, writer.classes);
  }
}

/** Reads what `encodeState` wrote. */
export function decodeState(reader: Reader, context: DecodeContext): unknown {
  return read(reader, context, 0, []);
}

/** Objects in the order in which they were begun, where identity matters. */
type Made = unknown[] | undefined;

function read(reader: Reader, context: DecodeContext, depth: number, made: Made): unknown {
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
    case Tag.attachedArray: {
      const array = readArray(reader, tag === Tag.attachedArray);
      made?.push(array);
      return array;
    }
    case Tag.handle:
      return context.handle(reader);
    case Tag.bigint:
      return readBigint(reader.text());
    default:
      if (depth > (made === undefined ? depthMax : stateDepthMax))
        throw new CharmError('ERR_DECODE', 'a message nests too deep');
      return readStructure(reader, tag, context, depth + 1, made);
  }
}

function readStructure(reader: Reader, tag: number, context: DecodeContext, depth: number, made: Made): unknown {
  switch (tag) {
    case Tag.array: {
      const items: unknown[] = [];
      made?.push(items);
      for (let left = reader.count(); left > 0; left--) items.push(read(reader, context, depth, made));
      return items;
    }
    case Tag.object: {
      const fields: Record<string, unknown> = {};
      made?.push(fields);
      return readFields(reader, fields, context, depth, made);
    }
    case Tag.map: {
      const map = new Map<unknown, unknown>();
      made?.push(map);
      for (let left = reader.count(); left > 0; left--) {
        map.set(read(reader, context, depth, made), read(reader, context, depth, made));
      }
      return map;
    }
    case Tag.set: {
      const set = new Set<unknown>();
      made?.push(set);
      for (let left = reader.count(); left > 0; left--) set.add(read(reader, context, depth, made));
      return set;
    }
    case Tag.date: {
      const date = new Date(reader.f64());
      made?.push(date);
      return date;
    }
    case Tag.error: {
      const at = made?.push(undefined);
      if (reader.u8() !== Tag.object) throw new CharmError('ERR_DECODE', 'an error on the wire has no fields');
      const error = fromWire(readFields(reader, {}, context, depth, undefined) as unknown as ErrorWire);
      if (made !== undefined && at !== undefined) made[at - 1] = error;
      return error;
    }
    case Tag.instance:
    case Tag.packedInstance:
      return readClassInstance(reader, tag, context, depth, made);
    case Tag.reference: {
      const number = reader.u32();
      if (made === undefined || number >= made.length)
        throw new CharmError('ERR_DECODE', `no object ${number} to refer to`);
      return made[number];
    }
    default:
      throw new CharmError('ERR_DECODE', `unknown value tag ${tag} in a message`);
  }
}

/** Made without its constructor: the fields are the whole object. */
function readClassInstance(reader: Reader, tag: number, context: DecodeContext, depth: number, made: Made): unknown {
  const instance = Object.create(context.classes.prototypeOf(reader.u32())) as object;
  made?.push(instance);
  if (tag === Tag.packedInstance) {
    if (!isPackable(instance)) throw new CharmError('ERR_DECODE', 'a packed object has no unpack method here');
    instance.unpack(read(reader, context, depth, made));
    return instance;
  }
  if (reader.u8() !== Tag.object) throw new CharmError('ERR_DECODE', 'an object on the wire has no fields');
  return readFields(reader, instance as Record<string, unknown>, context, depth, made);
}

function readFields(
  reader: Reader,
  fields: Record<string, unknown>,
  context: DecodeContext,
  depth: number,
  made: Made,
): Record<string, unknown> {
  for (let left = reader.count(); left > 0; left--) {
    const key = reader.text();
    const value = read(reader, context, depth, made);
    // An own property, never a setter: a key like __proto__ must not touch any prototype.
    if (key in fields)
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
