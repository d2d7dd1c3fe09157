/** Decoding: frames to values. Nothing that a frame says is trusted: counts, lengths, depth and class numbers are checked. */
import { CharmError, type ErrorWire, fromWire } from '../base/errors.ts';
import { closureFrom, functionFrom } from '../resumable/closures.ts';
import { type Reader, slabArrayBytesMax } from './reader.ts';
import {
  arrayBufferCode,
  arrayTypes,
  type DecodeContext,
  dataViewCode,
  depthMax,
  isPackable,
  stateDepthMax,
  Tag,
} from './value-codec.ts';

/** Reads one value. @throws CharmError ERR_DECODE on anything that `encodeValue` does not write. */
export function decodeValue(reader: Reader, context: DecodeContext): unknown {
  return read(reader, context, 0, undefined);
}

/** Reads an argument list. */
export function decodeArguments(reader: Reader, context: DecodeContext): unknown[] {
  const count = reader.u16();
  const args: unknown[] = [];
  for (let i = 0; i < count; i++) args.push(read(reader, context, 0, undefined));
  return args;
}

/** Reads what `encodeState` wrote. */
export function decodeState(reader: Reader, context: DecodeContext, known: readonly object[] = []): unknown {
  return read(reader, context, 0, [...known]);
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
    case Tag.utf16: {
      let text = '';
      for (let left = reader.count(); left > 0; left--) text += String.fromCharCode(reader.u16());
      return text;
    }
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
    case Tag.closure: {
      const hash = reader.text();
      if (reader.u8() === 1) {
        const named = functionFrom(hash, reader.text());
        made?.push(named);
        return named;
      }
      const captured: unknown[] = [];
      const closure = closureFrom(hash, reader.u32(), captured);
      made?.push(closure);
      for (let left = reader.count(); left > 0; left--) captured.push(read(reader, context, depth, made));
      return closure;
    }
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

/** From here on zeroing memory first costs more than it saves (measured: 64 KiB is faster zeroed, 1 MiB is not). */
const unzeroedBytesMin = 1 << 18;

/** Memory that fills its buffer; every byte of it is overwritten. */
function newBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length < unzeroedBytesMin || typeof Buffer === 'undefined') return new Uint8Array(length);
  const { buffer } = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(buffer as ArrayBuffer);
}
