/**
 * A ring of bytes in shared memory with one producer and one consumer thread.
 *
 * Layout of the data: records of a 32-bit head (length in the low 30 bits, kind in the top 2) at a multiple of 8, then
 * the bytes. A record never wraps: if the rest of the ring is too short it is filled by a skip record.
 *
 *  Producer: writes the record behind `tail`, then stores the new `tail` atomically.
 *  Consumer: reads up to `tail`, then stores the new `head` atomically.
 *
 * Positions count bytes since the start and wrap at 2^32; the ring's size is a power of two.
 * Invariant: head <= tail <= head + size. What lies between belongs to the consumer, the rest to the producer.
 */

import { FrameMemory } from '../../core/pup/frame-memory.ts';

/** What a record is. A frame too large for one record is a begin record (total length) and several parts. */
export const RecordKind = { frame: 0, skip: 1, begin: 2, part: 3 } as const;

const kindShift = 30;
const lengthMask = (1 << kindShift) - 1;
/** The record head and padding to keep the payload at a multiple of 8. */
export const recordHeadBytes = 8;

/** Words of the shared control area of a ring, on cache lines of their own. */
export const ringControlWords = 32;
const tailWord = 0;
const headWord = 16;

export interface SharedRing {
  readonly control: Int32Array;
  /** A power of two of bytes, at a multiple of 8. */
  readonly data: Uint8Array;
}

/** Bytes from `position` (a multiple of 8) to the end of the ring are at least 8, so a skip record always fits. */
export class RingProducer {
  readonly #control: Int32Array;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly #size: number;
  #tail: number;
  /** The consumer's position as last seen: the ring is at least as free as this says. */
  #head: number;

  constructor({ control, data }: SharedRing) {
    this.#control = control;
    this.bytes = data;
    this.words = new Int32Array(data.buffer, data.byteOffset, data.length >>> 2);
    this.#size = data.length;
    this.#tail = Atomics.load(control, tailWord);
    this.#head = Atomics.load(control, headWord);
  }

  /**
   * Bytes of the largest payload that one record may have. A quarter of the ring: even behind a skip record as long,
   * and with an eighth consumed but not given back, there comes a moment when it fits.
   */
  get payloadBytesMax(): number {
    return this.#size / 4 - recordHeadBytes;
  }

  /**
   * Offset in the ring for a payload of `length` bytes, or -1 if there is no room now. `commit` must follow.
   */
  reserve(length: number): number {
    const record = recordHeadBytes + ((length + 7) & ~7);
    const at = this.#tail & (this.#size - 1);
    const rest = this.#size - at;
    const needed = record <= rest ? record : rest + record;
    if (!this.#hasRoom(needed)) return -1;
    if (record <= rest) return at + recordHeadBytes;
    this.words[at >>> 2] = (RecordKind.skip << kindShift) | (rest - recordHeadBytes);
    this.#tail = (this.#tail + rest) | 0;
    return recordHeadBytes;
  }

  /** Hands the record at `offset` (from `reserve`) to the consumer. */
  commit(offset: number, length: number, kind: number): void {
    this.words[(offset - recordHeadBytes) >>> 2] = (kind << kindShift) | length;
    this.#tail = (this.#tail + recordHeadBytes + ((length + 7) & ~7)) | 0;
    Atomics.store(this.#control, tailWord, this.#tail);
  }

  /** Changes with every commit. */
  get committed(): number {
    return this.#tail;
  }

  #hasRoom(needed: number): boolean {
    if (needed <= this.#size - ((this.#tail - this.#head) | 0)) return true;
    this.#head = Atomics.load(this.#control, headWord);
    return needed <= this.#size - ((this.#tail - this.#head) | 0);
  }
}

export class RingConsumer {
  readonly memory: FrameMemory;
  readonly #control: Int32Array;
  readonly #words: Int32Array;
  readonly #size: number;
  #head: number;
  #published: number;
  #tail: number;
  /** Of the record that `next` has found. */
  kind = 0;
  offset = 0;
  length = 0;

  constructor({ control, data }: SharedRing) {
    this.memory = new FrameMemory(data.buffer, data.byteOffset, data.length);
    this.#control = control;
    this.#words = this.memory.words;
    this.#size = data.length;
    this.#head = Atomics.load(control, headWord);
    this.#published = this.#head;
    this.#tail = this.#head;
  }

  /** True if there may be something new. A plain read: cheap, and at worst a moment late. */
  get mayHaveRecords(): boolean {
    return this.#control[tailWord] !== this.#head;
  }

  /** Finds the next record; false if there is none. `release` must follow before the next call. */
  next(): boolean {
    if (this.#head === this.#tail) {
      this.#tail = Atomics.load(this.#control, tailWord);
      if (this.#head === this.#tail) return false;
    }
    const at = this.#head & (this.#size - 1);
    const word = this.#words[at >>> 2]!;
    this.kind = word >>> kindShift;
    this.length = word & lengthMask;
    this.offset = at + recordHeadBytes;
    return true;
  }

  /**
   * Is done with the record. Space goes back to the producer an eighth of the ring at a time: a store per record would
   * move the cache line between the cores for nothing.
   */
  release(): void {
    this.#head = (this.#head + recordHeadBytes + ((this.length + 7) & ~7)) | 0;
    if (((this.#head - this.#published) | 0) < this.#size >>> 3) return;
    this.#published = this.#head;
    Atomics.store(this.#control, headWord, this.#head);
  }
}
