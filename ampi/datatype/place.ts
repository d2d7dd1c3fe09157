/**
 * `Place`: items of a type in somebody's memory: what a call takes as a buffer, after all was looked at.
 *
 * Data travel as a typed array (a payload). Contiguous items of a typed array are a view of it, so nothing is packed; others are
 * packed into bytes. Whoever keeps a payload beyond the call copies it.
 */
import { MpiError } from '../errors.ts';
import { typeOfArray } from './basic.ts';
import { checkUsable, type Datatype, type NumberArray } from './datatype.ts';

/** A typed array, or a part of one with a type. */
export type Buf = NumberArray | DataView | BufferSpec;

export interface BufferSpec {
  readonly data: NumberArray | DataView;
  /** Items of `type`; default: as many as there is room for. */
  readonly count?: number;
  /** Default: that of the array's elements. */
  readonly type?: Datatype;
  /** Where the first item is, in elements of `data`. */
  readonly offset?: number;
}

/** What travels: bytes in a typed array. */
export type Payload = NumberArray;

export function bytesOf(array: ArrayBufferView): Uint8Array {
  if (array instanceof Uint8Array) return array;
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Copies a payload to the begin of an array; the bytes must fit. */
export function copyPayload(into: NumberArray, from: Payload): void {
  if (into.constructor === from.constructor) (into as Uint8Array).set(from as Uint8Array);
  else bytesOf(into).set(bytesOf(from));
}

export class Place {
  readonly data: NumberArray | DataView;
  readonly type: Datatype;
  readonly count: number;
  /** Where the first item's origin lies, in bytes from the begin of `data`. */
  readonly at: number;

  constructor(data: NumberArray | DataView, type: Datatype, count: number, at: number) {
    this.data = data;
    this.type = type;
    this.count = count;
    this.at = at;
  }

  /** @throws MpiError for counts and types that do not fit. */
  static of(buf: Buf): Place {
    if (ArrayBuffer.isView(buf)) {
      if (buf instanceof DataView)
        return new Place(bytesOf(buf), typeOfArray(bytesOf(buf) as Uint8Array), buf.byteLength, 0);
      return new Place(buf, typeOfArray(buf), buf.length, 0);
    }
    if (typeof buf !== 'object' || buf === null || !ArrayBuffer.isView(buf.data))
      throw new MpiError('BUFFER', `a buffer is a typed array or { data, count, type, offset }, not ${typeof buf}`);
    const { data, offset = 0 } = buf;
    const type = buf.type ?? typeOfArray(data);
    checkUsable(type);
    const bytesPer = data instanceof DataView ? 1 : data.BYTES_PER_ELEMENT;
    const at = offset * bytesPer;
    const room = data.byteLength - at;
    const fits =
      type.size === 0
        ? 0
        : Math.max(0, Math.floor((room - type.trueLb - type.trueExtent) / Math.max(1, type.extent)) + 1);
    const count = buf.count ?? fits;
    if (!Number.isInteger(count) || count < 0)
      throw new MpiError('COUNT', `a count is an integer, 0 or more, not ${count}`);
    const place = new Place(data, type, count, at);
    place.check();
    return place;
  }

  /** Bytes of data. */
  get bytes(): number {
    return this.count * this.type.size;
  }

  private check(): void {
    const { type, count, at, data } = this;
    if (count === 0 || type.size === 0) return;
    const reach = (count - 1) * type.extent;
    const first = at + type.trueLb + Math.min(0, reach);
    const end = at + type.trueLb + type.trueExtent + Math.max(0, reach);
    if (first < 0 || end > data.byteLength)
      throw new MpiError(
        'BUFFER',
        `${count} items of ${type.name} reach from byte ${first} to ${end} of a buffer of ${data.byteLength} bytes`,
      );
  }

  /** Items from `start` on. */
  part(start: number, count: number): Place {
    return new Place(this.data, this.type, count, this.at + start * this.type.extent);
  }

  /** The data as a typed array: a view of them if they are contiguous. */
  payload(): Payload {
    const { data, type, count, at } = this;
    const bytes = count * type.size;
    if (!type.isContiguous) return this.packed();
    if (data instanceof DataView) return new Uint8Array(data.buffer, data.byteOffset + at, bytes);
    if (at === 0 && bytes === data.byteLength) return data;
    const size = data.BYTES_PER_ELEMENT;
    if (at % size === 0 && bytes % size === 0) return data.subarray(at / size, (at + bytes) / size);
    return bytesOf(data).subarray(at, at + bytes);
  }

  packed(): Uint8Array {
    const bytes = new Uint8Array(this.bytes);
    this.pack(bytes, 0);
    return bytes;
  }

  /** Packs into `target` from byte `to` on. */
  pack(target: Uint8Array, to: number): number {
    const source = bytesOf(this.data);
    const { offsets, lengths, extent } = this.type;
    let position = to;
    for (let i = 0; i < this.count; i++) {
      const base = this.at + i * extent;
      for (let s = 0; s < offsets.length; s++) {
        copyBytes(source, base + offsets[s]!, target, position, lengths[s]!);
        position += lengths[s]!;
      }
    }
    return position;
  }

  /** Puts data that came in their places; less than there is room for is fine. */
  fill(from: Payload): void {
    if (this.type.isContiguous) {
      const { data, at } = this;
      if (at === 0 && data.constructor === from.constructor) (data as Uint8Array).set(from as Uint8Array);
      else bytesOf(data).set(bytesOf(from), at);
      return;
    }
    this.unpack(bytesOf(from), 0, from.byteLength);
  }

  /** Puts `bytes` bytes of packed data, the first of which is byte `skip` of all, in their places. */
  unpack(source: Uint8Array, from: number, bytes: number, skip = 0): void {
    const target = bytesOf(this.data);
    const { offsets, lengths, extent, size } = this.type;
    if (size === 0) return;
    let position = from;
    let left = bytes;
    let inItem = skip % size;
    for (let i = Math.floor(skip / size); left > 0; i++) {
      const base = this.at + i * extent;
      for (let s = 0; s < offsets.length && left > 0; s++) {
        const length = lengths[s]!;
        if (inItem >= length) {
          inItem -= length;
          continue;
        }
        const part = Math.min(length - inItem, left);
        copyBytes(source, position, target, base + offsets[s]! + inItem, part);
        inItem = 0;
        position += part;
        left -= part;
      }
    }
  }
}

const nativeCopyBytesMin = 64;

function copyBytes(source: Uint8Array, from: number, target: Uint8Array, to: number, bytes: number): void {
  if (bytes >= nativeCopyBytesMin) target.set(source.subarray(from, from + bytes), to);
  else for (let i = 0; i < bytes; i++) target[to + i] = source[from + i]!;
}
