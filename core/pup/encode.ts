/** Encoding: values to frames. value-codec.ts says what stands where. */
import { toWire, UsageError } from '../base/errors.ts';
import { partsOfClosure } from '../resumable/closures.ts';
import { privateNameIn } from './private-names.ts';
import { explainRefusal, NotEncodable } from './refusal.ts';
import {
  arrayBufferCode,
  arrayTypes,
  bytesCode,
  depthMax,
  doublesCode,
  Handle,
  isPackable,
  stateDepthMax,
  Tag,
  writeHandle,
} from './value-codec.ts';
import { attachmentBytesMin, type Writer } from './writer.ts';

/** Appends one value. @throws CharmError ERR_NOT_ENCODABLE naming the path below `what`. */
export function encodeValue(writer: Writer, value: unknown, what: string): void {
  try {
    write(writer, value, 0, undefined);
  } catch (error) {
    throw explainRefusal(error, value, what, writer.classes);
  }
}

const argumentsMax = 1024;

/** Appends an argument list: a count, then the values. */
export function encodeArguments(writer: Writer, args: readonly unknown[], what: string): void {
  if (args.length > argumentsMax) {
    throw new UsageError(`${what} is called with ${args.length} arguments; ${argumentsMax} are possible, or one array`);
  }
  writer.u16(args.length);
  for (let i = 0; i < args.length; i++) {
    try {
      write(writer, args[i], 0, undefined);
    } catch (error) {
      throw explainRefusal(error, args[i], `argument ${i + 1} of ${what}`, writer.classes);
    }
  }
}

/**
 * Appends a chare's fields (or what its `pack` gave), keeping identity: shared objects stay shared, cycles are fine. `known` are objects that
 * the reader has already.
 */
export function encodeState(writer: Writer, state: unknown, what: string, known: readonly object[] = []): void {
  const seen = new Map<object, number>(known.map((object, number) => [object, number]));
  try {
    write(writer, state, 0, seen);
  } catch (error) {
    throw explainRefusal(error, state, what, writer.classes);
  }
}

const notAnArray = -1;

/** Code of a typed array; Node's Buffer counts as a Uint8Array, which it arrives as. */
function arrayCode(value: object): number {
  const prototype: unknown = Object.getPrototypeOf(value);
  for (let code = 1; code < arrayTypes.length; code++) if (prototype === arrayTypes[code]!.make.prototype) return code;
  return typeof Buffer !== 'undefined' && value instanceof Buffer ? 1 : notAnArray;
}

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
      writeText(writer, value);
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
      if (typeof value === 'function' && seen !== undefined) writeClosure(writer, value, depth, seen);
      else throw new NotEncodable(`a ${typeof value}`);
  }
}

/** UTF-8, except for strings with half a surrogate pair, which have no UTF-8. */
function writeText(writer: Writer, value: string): void {
  if (value.isWellFormed()) {
    writer.u8(Tag.text);
    return writer.text(value);
  }
  writer.u8(Tag.utf16);
  writer.u32(value.length);
  for (let i = 0; i < value.length; i++) writer.u16(value.charCodeAt(i));
}

function writeObject(writer: Writer, value: object, depth: number, seen: Seen): void {
  const max = seen === undefined ? depthMax : stateDepthMax;
  if (depth > max) throw new NotEncodable(`nested more than ${max} deep, or in a cycle`);
  if (value instanceof Handle) {
    writer.u8(Tag.handle);
    value[writeHandle](writer);
    return;
  }
  if (seen !== undefined && isKnown(writer, value, seen)) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Float64Array.prototype) writeDoubles(writer, value as Float64Array);
  else if (prototype === Uint8Array.prototype) writeBytes(writer, bytesCode, value as Uint8Array);
  else if (prototype === Array.prototype) {
    const items = value as readonly unknown[];
    writer.u8(Tag.array);
    writer.u32(items.length);
    for (let i = 0; i < items.length; i++) write(writer, items[i], depth + 1, seen);
  } else if (prototype === Object.prototype || prototype === null) writeFields(writer, value, depth, seen);
  else writeInstance(writer, value, depth, seen);
}

/** A function that a compiled module knows by a number or a name: what it has captured goes along. */
function writeClosure(writer: Writer, value: object, depth: number, seen: Map<object, number>): void {
  const parts = partsOfClosure(value);
  if (parts === undefined) throw new NotEncodable('a function');
  if (isKnown(writer, value, seen)) return;
  const [hash, id, captured] = parts;
  writer.u8(Tag.closure);
  writer.text(hash);
  writer.u8(typeof id === 'number' ? 0 : 1);
  if (typeof id === 'string') return writer.text(id);
  writer.u32(id);
  writer.u32(captured.length);
  for (const one of captured) write(writer, one, depth + 1, seen);
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

/** Built-in types, by their exact prototype: a subclass would arrive without what it adds. */
function writeInstance(writer: Writer, value: object, depth: number, seen: Seen): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Map.prototype) {
    const map = value as Map<unknown, unknown>;
    writer.u8(Tag.map);
    writer.u32(map.size);
    for (const [key, entry] of map) {
      write(writer, key, depth + 1, seen);
      write(writer, entry, depth + 1, seen);
    }
  } else if (prototype === Set.prototype) {
    const set = value as Set<unknown>;
    writer.u8(Tag.set);
    writer.u32(set.size);
    for (const entry of set) write(writer, entry, depth + 1, seen);
  } else if (prototype === Date.prototype) {
    writer.u8(Tag.date);
    writer.f64((value as Date).getTime());
  } else if (ArrayBuffer.isView(value) && arrayCode(value) !== notAnArray) {
    writeBytes(writer, arrayCode(value), bytesOf(value));
  } else if (prototype === ArrayBuffer.prototype) {
    writeBytes(writer, arrayBufferCode, new Uint8Array(value as ArrayBuffer));
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
  const hidden = privateNameIn(value.constructor);
  if (hidden !== undefined)
    throw new NotEncodable(`a ${name} with the private field ${hidden}, which needs pack and unpack`);
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
const nativeCopyBytesMin = 64;

function writeDoubles(writer: Writer, value: Float64Array): void {
  const bytes = value.length * 8;
  if (bytes > smallBytesMax) return writeBytes(writer, doublesCode, bytesOf(value));
  writer.u8(Tag.typedArray);
  writer.u8(doublesCode);
  writer.u32(bytes);
  const at = writer.aligned(bytes) >>> 3;
  const target = writer.memory.doubles;
  for (let i = 0; i < value.length; i++) target[at + i] = value[i]!;
}

/** The memory of a view; making one costs 100 ns, so bytes are taken as they are. */
function bytesOf(value: ArrayBufferView): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function writeBytes(writer: Writer, code: number, bytes: Uint8Array): void {
  const { length } = bytes;
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
  if (length > nativeCopyBytesMin) writer.bytes.set(bytes, at);
  else for (let i = 0; i < length; i++) writer.bytes[at + i] = bytes[i]!;
}
