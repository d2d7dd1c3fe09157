/**
 * Records over a stream of bytes:
 *
 *     0  u32  length of the payload (low 30 bits) and kind (top 2)
 *     4  u32  PE it is for
 *     8  u32  PE it is from
 *     12 the payload
 *
 * Small records are gathered in a chunk, which `flush` writes; so a burst of messages is one write to the system. What
 * arrives is parsed where it lies; only a record that is cut by the end of what was read is put together anew. A part of a
 * large frame that is cut is handed on as several shorter ones, so that its bytes are not copied here.
 */
import type { Duplex } from 'node:stream';
import { RecordKind } from '../threads/ring.ts';

const headBytes = 12;
const chunkBytes = 1 << 16;
/** More than any record of a ring. */
export const recordBytesMax = 1 << 20;
/** Of a large frame. Small enough that the receiver copies one while the next is on its way. */
const partBytesMax = 1 << 16;
const zeros = new Uint8Array(8);
/** More than this waiting to be written: the peer takes less than it is sent. */
const congestedBytes = 1 << 20;
const kindShift = 30;
const lengthMask = (1 << kindShift) - 1;

export type OnRecord = (
  kind: number,
  to: number,
  from: number,
  bytes: Uint8Array,
  start: number,
  length: number,
) => void;

export class RecordStream {
  readonly stream: Duplex;
  readonly #onRecord: OnRecord;
  readonly #onBad: (why: string) => void;
  #chunk = Buffer.allocUnsafeSlow(chunkBytes);
  #used = 0;
  /** The beginning of a record whose end has not come. */
  #partial: Uint8Array = new Uint8Array(0);
  #partialUsed = 0;
  /** Bytes of a part that have not come, and the PEs in its head. */
  #partLeft = 0;
  #partTo = 0;
  #partFrom = 0;

  constructor(stream: Duplex, onRecord: OnRecord, onBad: (why: string) => void) {
    this.stream = stream;
    this.#onRecord = onRecord;
    this.#onBad = onBad;
    stream.on('data', (data: Buffer) => this.#receive(data));
  }

  // ---- out ----

  send(kind: number, to: number, from: number, bytes: Uint8Array, start: number, length: number): void {
    if (this.#used + headBytes + length > chunkBytes) this.flush();
    const isLarge = headBytes + length > chunkBytes;
    const target = isLarge ? Buffer.allocUnsafeSlow(headBytes + length) : this.#chunk;
    const at = isLarge ? 0 : this.#used;
    writeHead(target, at, kind, to, from, length);
    if (length <= 64) for (let i = 0; i < length; i++) target[at + headBytes + i] = bytes[start + i]!;
    else target.set(bytes.subarray(start, start + length), at + headBytes);
    if (isLarge) this.stream.write(target);
    else this.#used = at + headBytes + length;
  }

  /**
   * A frame that is too large for a record: a begin record, and parts that are written from where they lie, without a copy.
   * Segments stand at multiples of 8, with gaps where nothing matters.
   */
  sendLarge(to: number, from: number, segments: readonly Uint8Array[], total: number): void {
    const begin = new Uint8Array(8);
    new DataView(begin.buffer).setUint32(0, total, true);
    this.send(RecordKind.begin, to, from, begin, 0, begin.length);
    this.flush();
    this.stream.cork();
    for (const segment of segments) {
      for (let at = 0; at < segment.length; at += partBytesMax) this.#writePart(to, from, segment, at);
    }
    this.stream.uncork();
  }

  #writePart(to: number, from: number, segment: Uint8Array, at: number): void {
    const data = segment.subarray(at, at + partBytesMax);
    const padding = -data.length & 7;
    const head = Buffer.allocUnsafe(headBytes);
    writeHead(head, 0, RecordKind.part, to, from, data.length + padding);
    this.stream.write(head);
    this.stream.write(data);
    if (padding > 0) this.stream.write(zeros.subarray(0, padding));
  }

  flush(): void {
    if (this.#used === 0) return;
    // The stream keeps what it is given, so the chunk is not used again; a small one is copied, and is.
    if (this.#used < chunkBytes / 4) this.stream.write(Buffer.copyBytesFrom(this.#chunk, 0, this.#used));
    else {
      this.stream.write(this.#chunk.subarray(0, this.#used));
      this.#chunk = Buffer.allocUnsafeSlow(chunkBytes);
    }
    this.#used = 0;
  }

  get isCongested(): boolean {
    return this.stream.writableLength > congestedBytes;
  }

  // ---- in ----

  #receive(data: Buffer): void {
    let at = 0;
    if (this.#partialUsed > 0) at = this.#complete(data);
    if (this.#partLeft > 0) at += this.#onPart(data, at);
    while (data.length - at >= headBytes) {
      const word = data.readInt32LE(at);
      const length = word & lengthMask;
      if (length > recordBytesMax) return this.#onBad(`a record of ${length} bytes, more than ${recordBytesMax}`);
      if (data.length - at < headBytes + length) {
        if (word >>> kindShift !== RecordKind.part) break;
        this.#beginPart(length, data.readUInt32LE(at + 4), data.readUInt32LE(at + 8));
        at += headBytes;
        at += this.#onPart(data, at);
        break;
      }
      this.#onRecord(
        word >>> kindShift,
        data.readUInt32LE(at + 4),
        data.readUInt32LE(at + 8),
        data,
        at + headBytes,
        length,
      );
      at += headBytes + length;
    }
    if (at < data.length) this.#keep(data, at);
  }

  /** Adds to the record that has begun; returns how much of `data` belongs to it. */
  #complete(data: Buffer): number {
    let taken = 0;
    if (this.#partialUsed < headBytes) taken = this.#add(data, 0, headBytes);
    if (this.#partialUsed < headBytes) return taken;
    const view = new DataView(this.#partial.buffer, this.#partial.byteOffset);
    const word = view.getInt32(0, true);
    const length = word & lengthMask;
    if (length > recordBytesMax) {
      this.#onBad(`a record of ${length} bytes, more than ${recordBytesMax}`);
      return data.length;
    }
    if (word >>> kindShift === RecordKind.part && this.#partialUsed === headBytes && length > 0) {
      this.#partialUsed = 0;
      this.#beginPart(length, view.getUint32(4, true), view.getUint32(8, true));
      return taken;
    }
    taken += this.#add(data, taken, headBytes + length);
    if (this.#partialUsed < headBytes + length) return taken;
    this.#partialUsed = 0;
    this.#onRecord(
      word >>> kindShift,
      view.getUint32(4, true),
      view.getUint32(8, true),
      this.#partial,
      headBytes,
      length,
    );
    return taken;
  }

  #beginPart(length: number, to: number, from: number): void {
    this.#partLeft = length;
    this.#partTo = to;
    this.#partFrom = from;
  }

  /** Hands on what has come of a part; returns how much that is. */
  #onPart(data: Buffer, at: number): number {
    const length = Math.min(this.#partLeft, data.length - at);
    if (length === 0) return 0;
    this.#partLeft -= length;
    this.#onRecord(RecordKind.part, this.#partTo, this.#partFrom, data, at, length);
    return length;
  }

  /** Takes bytes from `data` until `wanted` are there. */
  #add(data: Buffer, from: number, wanted: number): number {
    const count = Math.min(data.length - from, wanted - this.#partialUsed);
    this.#makeRoom(wanted);
    this.#partial.set(data.subarray(from, from + count), this.#partialUsed);
    this.#partialUsed += count;
    return count;
  }

  #keep(data: Buffer, at: number): void {
    this.#add(data, at, data.length - at);
  }

  #makeRoom(bytes: number): void {
    if (this.#partial.length >= bytes) return;
    const larger = new Uint8Array(Math.max(bytes, 2 * this.#partial.length, 1024));
    larger.set(this.#partial.subarray(0, this.#partialUsed));
    this.#partial = larger;
  }
}

function writeHead(target: Buffer, at: number, kind: number, to: number, from: number, length: number): void {
  target.writeInt32LE((kind << kindShift) | length, at);
  target.writeUInt32LE(to, at + 4);
  target.writeUInt32LE(from, at + 8);
}
