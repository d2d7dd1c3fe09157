/** How handles (proxies, callbacks, futures) stand in a message: a kind byte, then the fields written here. */
import type { Aggregation } from '../aggregation/aggregator.ts';
import type { Collection } from '../chare/collection.ts';
import type { Key } from '../chare/index-space.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import { Shape } from '../chare/shape.ts';
import type { Pe } from '../pe/pe.ts';
import { BitVector, type Priority } from '../pe/priority.ts';
import { decodeValue } from '../pup/decode.ts';
import { encodeValue } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import type { DecodeContext } from '../pup/value-codec.ts';
import type { Writer } from '../pup/writer.ts';

export const HandleKind = {
  element: 1,
  broadcast: 2,
  array: 3,
  group: 4,
  entryCallback: 5,
  future: 6,
  exit: 7,
  ignore: 8,
  allreduce: 9,
  bitVector: 10,
  channel: 11,
  timer: 12,
  section: 20,
  sectionCallback: 21,
  sharedArray: 13,
  completion: 22,
} as const;

const KeyKind = { none: 0, number: 1, text: 2 } as const;

export function writeKey(writer: Writer, key: Key | undefined): void {
  if (key === undefined) writer.u8(KeyKind.none);
  else if (typeof key === 'number') {
    writer.u8(KeyKind.number);
    writer.f64(key);
  } else {
    writer.u8(KeyKind.text);
    writer.text(key);
  }
}

export function readKey(reader: Reader): Key | undefined {
  const kind = reader.u8();
  if (kind === KeyKind.none) return undefined;
  return kind === KeyKind.number ? reader.f64() : reader.text();
}

/** For values in which there are none. */
const noHandles: DecodeContext = {
  handle: () => undefined,
  classes: { numberOf: () => -1, prototypeOf: () => Object.prototype },
};

const OptionBit = {
  lifo: 1,
  expedited: 2,
  integer: 4,
  bits: 8,
  createHome: 16,
  createHere: 32,
  aggregate: 64,
} as const;

export function writeOptions(writer: Writer, options: SendOptions | undefined): void {
  const priority = options?.priority;
  let bits = 0;
  if (options?.queueing === 'lifo') bits |= OptionBit.lifo;
  if (options?.expedited === true) bits |= OptionBit.expedited;
  if (options?.create !== undefined) bits |= options.create === 'here' ? OptionBit.createHere : OptionBit.createHome;
  if (priority !== undefined) bits |= typeof priority === 'number' ? OptionBit.integer : OptionBit.bits;
  const aggregate = options?.aggregate ?? false;
  if (aggregate !== false) bits |= OptionBit.aggregate;
  writer.u8(bits);
  if (priority !== undefined) writePriority(writer, priority);
  if (aggregate !== false) encodeValue(writer, aggregate, 'how messages are aggregated');
}

function writePriority(writer: Writer, priority: Priority): void {
  if (typeof priority === 'number') writer.i32(priority);
  else priority.write(writer);
}

export function readOptions(reader: Reader): SendOptions | undefined {
  const bits = reader.u8();
  if (bits === 0) return undefined;
  const options = readPriority(reader, bits);
  if ((bits & (OptionBit.createHome | OptionBit.createHere | OptionBit.aggregate)) === 0) return options;
  return {
    ...options,
    ...((bits & OptionBit.createHome) === 0 ? {} : { create: 'home' }),
    ...((bits & OptionBit.createHere) === 0 ? {} : { create: 'here' }),
    ...((bits & OptionBit.aggregate) === 0 ? {} : { aggregate: decodeValue(reader, noHandles) as true | Aggregation }),
  };
}

function readPriority(reader: Reader, bits: number): SendOptions {
  const queueing = (bits & OptionBit.lifo) === 0 ? 'fifo' : 'lifo';
  const expedited = (bits & OptionBit.expedited) !== 0;
  if ((bits & OptionBit.integer) !== 0) return { queueing, expedited, priority: reader.i32() };
  if ((bits & OptionBit.bits) === 0) return { queueing, expedited };
  return { queueing, expedited, priority: BitVector.read(reader) };
}

/** A collection by number and class, so that it can be known before its creation message comes; then key and options. */
export function writeTarget(
  writer: Writer,
  collection: Collection,
  key: Key | undefined,
  options: SendOptions | undefined,
): void {
  writeCollection(writer, collection);
  writeKey(writer, key);
  writeOptions(writer, options);
}

export function writeCollection(writer: Writer, collection: Collection): void {
  writer.u32(collection.id);
  writer.u32(collection.type.id);
  collection.shape.write(writer);
}

export function readCollection(reader: Reader, pe: Pe): Collection {
  return pe.collections.meet(reader.u32(), reader.u32(), Shape.read(reader));
}
