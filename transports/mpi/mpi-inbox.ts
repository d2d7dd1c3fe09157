/**
 * What comes to this node from others over MPI, one record at a time: `next`, then `release`.
 *
 *  1. Some chunks wait to be filled by whoever sends. They are filled in the order in which they were posted.
 *  2. A begin record makes memory for a large frame and asks for its pieces. Until they are there, what its node sent after it
 *     waits (in copies), so that order holds; records of other nodes pass.
 */
import Denque from 'denque';
import { CharmError } from '../../core/base/errors.ts';
import { FrameMemory } from '../../core/pup/frame-memory.ts';
import { frameBytesMax } from '../../core/pup/writer.ts';
import { RecordKind } from '../threads/ring.ts';
import { Chunk, Piece, recordHeadBytes } from './chunk.ts';
import type { MpiLibrary } from './mpi-library.ts';
import { chunkTag } from './mpi-outbox.ts';

/** While one is read, others are filled. */
const chunksPosted = 8;

interface Waiting {
  readonly kind: number;
  readonly to: number;
  readonly from: number;
  readonly memory: FrameMemory;
  readonly length: number;
  /** Those of a large frame that have not come. */
  readonly pieces: Piece[];
}

export class MpiInbox {
  readonly #mpi: MpiLibrary;
  readonly #chunks: readonly Chunk[];
  #posted = 0;
  #current: Chunk | undefined;
  /** By node: what must not be handed over before a large frame has come. */
  readonly #waiting: readonly Denque<Waiting>[];
  /** All nodes together. */
  #waitingCount = 0;
  #isFromWaiting = false;

  // The record that `next` has found.
  kind = 0;
  to = 0;
  from = 0;
  offset = 0;
  length = 0;
  memory: FrameMemory;
  /** The memory is not used again. */
  isOwned = false;

  constructor(mpi: MpiLibrary) {
    this.#mpi = mpi;
    this.#chunks = Array.from({ length: chunksPosted }, () => new Chunk(mpi));
    for (const chunk of this.#chunks) chunk.receive(chunkTag);
    this.#waiting = Array.from({ length: mpi.nodes }, () => new Denque());
    this.memory = this.#chunks[0]!.memory;
  }

  /** Asks the library, which works meanwhile. */
  get hasIncoming(): boolean {
    if (this.#current !== undefined) return true;
    if (this.#waitingCount > 0 && this.#complete() !== undefined) return true;
    return this.#arrive();
  }

  #arrive(): boolean {
    const chunk = this.#chunks[this.#posted]!;
    if (!chunk.isDone) return false;
    chunk.open();
    this.#current = chunk;
    return true;
  }

  /** Finds the next record; false if there is none. @throws CharmError ERR_DECODE */
  next(): boolean {
    for (;;) {
      if (this.#waitingCount > 0) {
        const complete = this.#complete();
        if (complete !== undefined) return this.#handOver(complete);
      }
      const chunk = this.#current;
      if (chunk === undefined) {
        if (!this.#arrive()) return false;
        continue;
      }
      if (chunk.at >= chunk.end) {
        this.#repost(chunk);
        continue;
      }
      this.#read(chunk);
      if (this.kind === RecordKind.begin) this.#begin(chunk);
      else if (this.#waitingCount > 0 && !this.#waiting[chunk.source]!.isEmpty()) this.#defer(chunk);
      else return true;
      this.#skip(chunk);
    }
  }

  /** The record that `next` has found is done with. */
  release(): void {
    if (this.#isFromWaiting) this.#isFromWaiting = false;
    else this.#skip(this.#current!);
  }

  #read(chunk: Chunk): void {
    const { words, at } = chunk;
    const word = at >>> 2;
    this.length = words[word]!;
    this.kind = words[word + 1]!;
    this.to = words[word + 2]!;
    this.from = words[word + 3]!;
    this.offset = at + recordHeadBytes;
    if (this.length < 0 || this.offset + this.length > chunk.end)
      throw new CharmError(
        'ERR_DECODE',
        `a record of ${this.length} bytes from PE ${this.from} is longer than what came`,
      );
    this.memory = chunk.memory;
    this.isOwned = false;
  }

  #skip(chunk: Chunk): void {
    chunk.at = (chunk.at + recordHeadBytes + this.#lengthAt(chunk) + 7) & ~7;
    if (chunk.at >= chunk.end) this.#repost(chunk);
  }

  #lengthAt(chunk: Chunk): number {
    return chunk.words[chunk.at >>> 2]!;
  }

  #repost(chunk: Chunk): void {
    this.#current = undefined;
    chunk.receive(chunkTag);
    this.#posted = (this.#posted + 1) % chunksPosted;
  }

  /** Takes back what was posted. Nothing is on its way any more. */
  close(): void {
    for (const chunk of this.#chunks) if (chunk !== this.#current) chunk.cancel();
  }

  // ---- large frames, and what waits behind them ----

  #begin(chunk: Chunk): void {
    const { words } = chunk;
    const at = this.offset >>> 2;
    const [total, tag, count] = [words[at]!, words[at + 1]!, words[at + 2]!];
    if (total < 1 || total > frameBytesMax || 4 * (3 + count) > this.length)
      throw new CharmError('ERR_DECODE', `a frame of ${total} bytes in ${count} pieces from PE ${this.from} can't be`);
    const bytes = newFrame(total);
    const pieces: Piece[] = [];
    let start = 0;
    for (let i = 0; i < count; i++) {
      const length = words[at + 3 + i]!;
      if (length < 0 || start + length > total)
        throw new CharmError('ERR_DECODE', `the pieces of a frame of ${total} bytes from PE ${this.from} are longer`);
      if (length > 0) {
        const piece = new Piece(this.#mpi, bytes.subarray(start, start + length));
        piece.receive(chunk.source, tag);
        pieces.push(piece);
      }
      start += (length + 7) & ~7;
    }
    const memory = new FrameMemory(bytes.buffer, bytes.byteOffset, total);
    this.#wait(chunk.source, { kind: RecordKind.frame, to: this.to, from: this.from, memory, length: total, pieces });
  }

  #defer(chunk: Chunk): void {
    const { kind, to, from, offset, length } = this;
    const bytes = chunk.bytes.slice(offset, offset + length);
    this.#wait(chunk.source, { kind, to, from, memory: new FrameMemory(bytes.buffer), length, pieces: [] });
  }

  #wait(node: number, waiting: Waiting): void {
    this.#waiting[node]!.push(waiting);
    this.#waitingCount++;
  }

  /** A node whose oldest record is there. */
  #complete(): Denque<Waiting> | undefined {
    for (const queue of this.#waiting) {
      const oldest = queue.peekFront();
      if (oldest === undefined) continue;
      const { pieces } = oldest;
      while (pieces.length > 0 && pieces[0]!.isDone) pieces.shift();
      if (pieces.length === 0) return queue;
    }
    return undefined;
  }

  #handOver(queue: Denque<Waiting>): true {
    const { kind, to, from, memory, length } = queue.shift()!;
    this.#waitingCount--;
    this.kind = kind;
    this.to = to;
    this.from = from;
    this.memory = memory;
    this.offset = 0;
    this.length = length;
    this.isOwned = true;
    this.#isFromWaiting = true;
    return true;
  }
}

/** Not zeroed: every byte is overwritten, or is padding that nobody reads. */
function newFrame(total: number): Uint8Array {
  const fresh = Buffer.allocUnsafeSlow(total);
  return new Uint8Array(fresh.buffer, fresh.byteOffset, total);
}
