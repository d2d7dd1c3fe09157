/**
 * The link of a PE that is alone in its node runtime, over MPI: the PE's own thread calls the library.
 *
 *  1. `send` adds a record to what goes to the node; `flush` sends it, when the PE has nothing else to do, half a
 *     millisecond later at most, or when a chunk is full. Large frames go at once, from where they lie.
 *  2. `poll` asks the library, at every eighth call, or at once after `hasIncoming` has found something: a call costs 0.1 us, as much
 *     as a local message.
 *  3. MPI wakes nobody. Whoever waits on this link asks it from time to time (`isPolled`).
 *
 * Besides frames for PEs there is control: text between the processes that started the PEs.
 */
import type { Link } from '../../core/message/transport.ts';
import { Reader } from '../../core/pup/reader.ts';
import { hasShared, inlineShared } from '../../core/pup/shared-array.ts';
import type { SharedHeap } from '../../core/pup/shared-heap.ts';
import type { Writer } from '../../core/pup/writer.ts';
import { RecordKind } from '../threads/ring.ts';
import { payloadBytesMax } from './chunk.ts';
import { MpiInbox } from './mpi-inbox.ts';
import type { MpiLibrary } from './mpi-library.ts';
import { MpiOutbox } from './mpi-outbox.ts';
import { controlPe } from './mpi-transport.ts';

const pollsPerQuestion = 8;

export interface MpiLinkOptions {
  readonly mpi: MpiLibrary;
  readonly heap: SharedHeap;
  readonly onControl: (node: number, text: string) => void;
  /** Other threads want this core as well: each question lets them have it. */
  readonly isCrowded: boolean;
}

export class MpiLink implements Link {
  readonly isPolled = true;
  readonly isHolding = false;
  readonly #options: MpiLinkOptions;
  readonly #pe: number;
  readonly #outbox: MpiOutbox;
  readonly #inbox: MpiInbox;
  readonly #reader = new Reader();
  #polls = 0;
  #hasFound = false;

  constructor(options: MpiLinkOptions) {
    this.#options = options;
    this.#pe = options.mpi.node;
    this.#outbox = new MpiOutbox(options.mpi);
    this.#inbox = new MpiInbox(options.mpi);
  }

  /** Nodes and PEs have the same numbers here. */
  send(to: number, writer: Writer): void {
    if (writer.hasShared) return this.#inline(to, writer.copyFrame());
    const length = writer.position;
    if (writer.attachmentBytes > 0 || length > payloadBytesMax) {
      const head = writer.bytes.slice(0, length);
      return this.#outbox.addLarge(to, to, this.#pe, [head, ...writer.attachments], writer.frameBytes);
    }
    const chunk = this.#outbox.chunkFor(to, length);
    const at = chunk.add(RecordKind.frame, to, this.#pe, length);
    if (length > 256) chunk.bytes.set(writer.bytes.subarray(0, length), at);
    else {
      const { words } = chunk;
      const source = writer.memory.words;
      const count = (length + 3) >>> 2;
      for (let i = 0, word = at >>> 2; i < count; i++) words[word + i] = source[i]!;
    }
  }

  forward(to: number, frame: Reader): void {
    if (hasShared(frame.bytes, frame.start)) return this.#inline(to, frame.copy());
    this.#sendBytes(to, to, frame.bytes, frame.start, frame.limit - frame.start);
  }

  /** Other processes get the bytes of shared arrays. */
  #inline(to: number, frame: Uint8Array): void {
    const bytes = inlineShared(frame, this.#options.heap);
    this.#sendBytes(to, to, bytes, 0, bytes.length);
  }

  #sendBytes(node: number, to: number, bytes: Uint8Array, start: number, length: number): void {
    if (length <= payloadBytesMax) this.#outbox.add(node, RecordKind.frame, to, this.#pe, bytes, start, length);
    else this.#outbox.addLarge(node, to, this.#pe, [bytes.slice(start, start + length)], length);
  }

  /** At once. */
  sendControl(node: number, text: string): void {
    const bytes = Buffer.from(text);
    this.#sendBytes(node, controlPe, bytes, 0, bytes.length);
    this.#outbox.flush();
  }

  flush(): void {
    this.#outbox.flush();
  }

  get hasIncoming(): boolean {
    if (!this.#hasFound) this.#hasFound = this.#inbox.hasIncoming;
    if (!this.#hasFound && this.#options.isCrowded) this.#options.mpi.yieldCore();
    return this.#hasFound;
  }

  poll(receive: (frame: Reader) => void, framesMax: number): number {
    if (!this.#hasFound && (++this.#polls & (pollsPerQuestion - 1)) !== 0) return 0;
    const inbox = this.#inbox;
    let count = 0;
    while (count < framesMax) {
      if (!inbox.next()) {
        this.#hasFound = false;
        break;
      }
      try {
        if (inbox.to === controlPe) this.#control();
        else {
          this.#reader.reset(inbox.memory, inbox.offset, inbox.length, inbox.isOwned);
          count++;
          receive(this.#reader);
        }
      } finally {
        inbox.release();
      }
    }
    return count;
  }

  #control(): void {
    const { memory, offset, length, from } = this.#inbox;
    this.#options.onControl(from, Buffer.from(memory.bytes.subarray(offset, offset + length)).toString());
  }

  /** Nothing that was sent is still under way. */
  get isDrained(): boolean {
    return this.#outbox.isEmpty;
  }

  /** Ends MPI; returns when all nodes have called it. */
  close(): void {
    this.#inbox.close();
    this.#options.mpi.finalize();
  }
}
