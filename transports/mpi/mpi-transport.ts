/** MPI as the transport of a node runtime with several PEs: its communication thread calls the library. */
import { RecordKind } from '../threads/ring.ts';
import type { PolledTransport, TransportEvents } from '../transport.ts';
import { payloadBytesMax } from './chunk.ts';
import { MpiInbox } from './mpi-inbox.ts';
import type { MpiLibrary } from './mpi-library.ts';
import { MpiOutbox } from './mpi-outbox.ts';

/** In the place of the PE that a record is for: text between the processes that started the PEs. */
export const controlPe = -1;
/** Records that one poll hands over, so that what goes out is not kept waiting. */
const recordsPerPoll = 256;

export interface MpiEvents extends Pick<TransportEvents, 'received'> {
  control(node: number, text: string): void;
}

export class MpiTransport implements PolledTransport {
  readonly #node: number;
  readonly #events: MpiEvents;
  readonly #mpi: MpiLibrary;
  readonly #outbox: MpiOutbox;
  readonly #inbox: MpiInbox;
  #isPaused = false;

  constructor(mpi: MpiLibrary, events: MpiEvents) {
    this.#mpi = mpi;
    this.#node = mpi.node;
    this.#events = events;
    this.#outbox = new MpiOutbox(mpi);
    this.#inbox = new MpiInbox(mpi);
  }

  send(node: number, kind: number, to: number, from: number, bytes: Uint8Array, start: number, length: number): void {
    if (kind === RecordKind.begin) this.#outbox.add(node, beginOfParts, to, from, bytes, start, length);
    else if (length <= payloadBytesMax || kind !== RecordKind.frame)
      this.#outbox.add(node, kind, to, from, bytes, start, length);
    else this.#outbox.addLarge(node, to, from, [bytes.slice(start, start + length)], length);
  }

  /** A frame that is too large for a record, from where it lies. */
  sendLarge(node: number, to: number, from: number, segments: readonly Uint8Array[], total: number): void {
    this.#outbox.addLarge(node, to, from, segments, total);
  }

  /** At once, and even to a congested node. */
  sendControl(node: number, text: string): void {
    const bytes = Buffer.from(text);
    this.send(node, RecordKind.frame, controlPe, this.#node, bytes, 0, bytes.length);
    this.flush();
  }

  flush(): void {
    this.#outbox.flush();
  }

  isCongested(node: number): boolean {
    return this.#outbox.isCongested(node);
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
  }

  /** Takes in what has come. Returns true if there was anything. */
  poll(): boolean {
    if (this.#isPaused) {
      // What goes out needs the library's work all the same.
      this.#mpi.progress();
      return false;
    }
    const inbox = this.#inbox;
    let count = 0;
    while (count < recordsPerPoll && !this.#isPaused && inbox.next()) {
      const { kind, to, from, memory, offset, length } = inbox;
      const { bytes } = memory;
      if (to === controlPe) this.#events.control(from, Buffer.from(bytes.subarray(offset, offset + length)).toString());
      else this.#events.received(kind === beginOfParts ? RecordKind.begin : kind, to, from, bytes, offset, length);
      inbox.release();
      count++;
    }
    return count > 0;
  }

  /** Nothing that was sent is still under way. */
  get isDrained(): boolean {
    return this.#outbox.isEmpty;
  }

  /** Returns when all nodes have called it. */
  close(): void {
    this.#inbox.close();
    this.#mpi.finalize();
  }
}

/** The beginning of a frame that PEs send in parts; begin records are MPI's own. */
const beginOfParts = 4;
