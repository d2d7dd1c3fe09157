/**
 * A PE's way to the PEs of other node runtimes: parcels to and from the communication thread (gateway.ts).
 *
 * Sending and parking are as between threads of a process (threads/threads-link.ts): a frame that fits goes into the
 * ring at once, everything else is kept and goes out in order with later polls; who publishes looks at the parked word.
 */
import { Reader } from '../../core/pup/reader.ts';
import type { Writer } from '../../core/pup/writer.ts';
import { RecordKind, RingConsumer, RingProducer } from '../threads/ring.ts';
import { FrameParts } from './frame-parts.ts';
import { congestedBytes, type GatewayMemory, parcelHeadBytes, parkedWord, ringFrom, ringTo } from './gateway-memory.ts';
import { ParcelQueue } from './parcel-queue.ts';

export class OutsidePort {
  readonly #pe: number;
  readonly #words: Int32Array;
  readonly #out: RingProducer;
  readonly #in: RingConsumer;
  readonly #queue: ParcelQueue;
  readonly #parts = new FrameParts();
  readonly #reader = new Reader();
  /** The PE that a frame which is being received came from; one that was sent on was first sent by another. */
  from = -1;

  /** `pe` is its number in the job, `local` in the node runtime. */
  constructor(pe: number, local: number, memory: GatewayMemory) {
    this.#pe = pe;
    this.#words = memory.words;
    this.#out = new RingProducer(ringFrom(memory, local));
    this.#in = new RingConsumer(ringTo(memory, local));
    this.#queue = new ParcelQueue(this.#out);
  }

  send(to: number, writer: Writer): void {
    if (this.#queue.isEmpty && writer.attachmentBytes === 0 && this.#sendWhole(to, writer)) return this.#wake();
    this.#queue.add(to, this.#pe, [writer.bytes.slice(0, writer.position), ...writer.attachments], writer.frameBytes);
    this.push();
  }

  forward(to: number, frame: Reader): void {
    const bytes = frame.copy();
    this.#queue.add(to, this.#pe, [bytes], bytes.length);
    this.push();
  }

  #sendWhole(to: number, writer: Writer): boolean {
    const length = writer.position;
    const ring = this.#out;
    if (parcelHeadBytes + length > ring.payloadBytesMax) return false;
    const offset = ring.reserve(parcelHeadBytes + length);
    if (offset === -1) return false;
    const { words } = ring;
    const at = offset >>> 2;
    words[at] = to;
    words[at + 1] = this.#pe;
    if (length <= 256) {
      const source = writer.memory.words;
      const count = (length + 3) >>> 2;
      for (let i = 0; i < count; i++) words[at + 2 + i] = source[i]!;
    } else ring.bytes.set(writer.bytes.subarray(0, length), offset + parcelHeadBytes);
    ring.commit(offset, parcelHeadBytes + length, RecordKind.frame);
    return true;
  }

  #wake(): void {
    const words = this.#words;
    if (Atomics.load(words, parkedWord) === 1 && Atomics.compareExchange(words, parkedWord, 1, 0) === 1)
      Atomics.notify(words, parkedWord);
  }

  /** Moves on what waits for room. */
  push(): void {
    if (this.#queue.push()) this.#wake();
  }

  get isCongested(): boolean {
    return this.#queue.bytes > congestedBytes;
  }

  get isHolding(): boolean {
    return !this.#queue.isEmpty;
  }

  get hasIncoming(): boolean {
    return this.#in.mayHaveRecords;
  }

  /** Hands up to `framesMax` frames to `receive`; returns how many. */
  poll(receive: (frame: Reader) => void, framesMax: number): number {
    if (!this.#queue.isEmpty) this.push();
    const ring = this.#in;
    let count = 0;
    while (count < framesMax && ring.next()) {
      const { kind, offset, length } = ring;
      if (kind === RecordKind.frame) {
        this.from = ring.memory.view.getUint32(offset + 4, true);
        this.#reader.reset(ring.memory, offset + parcelHeadBytes, length - parcelHeadBytes, false);
        count++;
        try {
          receive(this.#reader);
        } finally {
          ring.release();
        }
      } else if (kind === RecordKind.skip) ring.release();
      else count += this.#onPart(ring, receive);
    }
    return count;
  }

  #onPart(ring: RingConsumer, receive: (frame: Reader) => void): number {
    const { kind, offset, length, memory } = ring;
    const from = memory.view.getUint32(offset + 4, true);
    const whole = this.#parts.add(kind, from, memory.bytes, offset + parcelHeadBytes, length - parcelHeadBytes);
    ring.release();
    if (whole === undefined) return 0;
    this.from = from;
    receive(Reader.over(whole));
    return 1;
  }
}
