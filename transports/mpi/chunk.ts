/**
 * Memory that a message of MPI is sent from or received into, with the request that stands for it:
 *
 *     0    the library's request (8 bytes)
 *     8  u32  what MPI_Test says
 *     64 u32  bytes from here to the end of the last record
 *     68 u32  node it is from
 *     72 records, each with a head of 16 bytes: length, kind, PE it is for, PE it is from; payloads are padded to 8
 *
 * A chunk has a copy of the values that change often in fields, since reading typed arrays is slower.
 */
import { FrameMemory } from '../../core/pup/frame-memory.ts';
import type { MpiLibrary } from './mpi-library.ts';

const flagWord = 2;
/** V8 keeps the bytes of typed arrays up to 64 bytes in its own heap. */
const heapBytesMax = 64;
export const bodyAt = 64;
const recordsAt = bodyAt + 8;
export const recordHeadBytes = 16;
/** Room for the longest record of a ring, see outside/parcel-queue.ts. */
export const bodyBytes = (1 << 16) + 64;
/** Payload of a record that has a chunk for itself. */
export const payloadBytesMax = bodyBytes - 8 - recordHeadBytes;

export class Chunk {
  readonly memory: FrameMemory;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly address: number;
  readonly #mpi: MpiLibrary;
  /** End of the last record that was written, or of all that were received. */
  end = recordsAt;
  /** The next record to be read. */
  at = recordsAt;

  constructor(mpi: MpiLibrary) {
    this.#mpi = mpi;
    this.memory = new FrameMemory(new ArrayBuffer(bodyAt + bodyBytes));
    this.words = this.memory.words;
    this.bytes = this.memory.bytes;
    this.address = mpi.addressOf(this.memory.bytes);
  }

  // ---- out ----

  get isEmpty(): boolean {
    return this.end === recordsAt;
  }

  hasRoomFor(length: number): boolean {
    return this.end + recordHeadBytes + length <= bodyAt + bodyBytes;
  }

  /** Adds a record; returns where its payload goes. There is room for it. */
  add(kind: number, to: number, from: number, length: number): number {
    const word = this.end >>> 2;
    this.words[word] = length;
    this.words[word + 1] = kind;
    this.words[word + 2] = to;
    this.words[word + 3] = from;
    const offset = this.end + recordHeadBytes;
    this.end = (offset + length + 7) & ~7;
    return offset;
  }

  get length(): number {
    return this.end - bodyAt;
  }

  send(from: number, to: number, tag: number): void {
    this.words[bodyAt >>> 2] = this.length;
    this.words[(bodyAt >>> 2) + 1] = from;
    this.#mpi.isend(this.address + bodyAt, this.length, to, tag, this.address);
  }

  clear(): void {
    this.end = recordsAt;
    this.at = recordsAt;
  }

  // ---- in ----

  receive(tag: number): void {
    this.clear();
    this.#mpi.irecv(this.address + bodyAt, bodyBytes, -1, tag, this.address);
  }

  /** Nothing comes any more. */
  cancel(): void {
    this.#mpi.cancel(this.address);
    while (!this.isDone);
  }

  /** It has come. */
  open(): void {
    this.end = bodyAt + this.words[bodyAt >>> 2]!;
    this.at = recordsAt;
  }

  get source(): number {
    return this.words[(bodyAt >>> 2) + 1]!;
  }

  // ---- both ----

  get isDone(): boolean {
    this.#mpi.test(this.address, this.address + 4 * flagWord);
    return this.words[flagWord] === 1;
  }
}

/** Part of a large frame on its way out of or into memory of the program. */
export class Piece {
  readonly length: number;
  readonly #mpi: MpiLibrary;
  /** The request, and the flag behind it. */
  readonly #words = new Int32Array(new ArrayBuffer(16));
  readonly #address: number;
  /** Not to be moved or freed before it is done. */
  #bytes: Uint8Array;

  constructor(mpi: MpiLibrary, bytes: Uint8Array) {
    this.#mpi = mpi;
    this.#bytes = bytes;
    this.length = bytes.length;
    this.#address = mpi.addressOf(this.#words);
  }

  send(to: number, tag: number): void {
    if (this.length <= heapBytesMax) {
      const copy = new Uint8Array(new ArrayBuffer(this.length));
      copy.set(this.#bytes);
      this.#bytes = copy;
    }
    this.#mpi.isend(this.#mpi.addressOf(this.#bytes), this.length, to, tag, this.#address);
  }

  /** Into memory of a frame, which V8 does not move. */
  receive(from: number, tag: number): void {
    this.#mpi.irecv(this.#mpi.addressOf(this.#bytes), this.length, from, tag, this.#address);
  }

  get isDone(): boolean {
    this.#mpi.test(this.#address, this.#address + 4 * flagWord);
    return this.#words[flagWord] === 1;
  }
}
