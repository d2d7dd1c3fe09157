/**
 * The link between PEs that are threads of one process: a ring for every ordered pair of PEs, in shared memory.
 *
 * Sending: a frame that fits goes into the ring at once. A larger one is a begin record and parts, each as large as
 * there is room for, so both sides copy at the same time. What finds no room is kept and goes out with later polls;
 * while something is kept for a PE everything for it is kept, so order holds.
 *
 * Parking: a PE with nothing to do sets its parked word and looks once more before it sleeps; a sender looks at the
 * word after publishing, and wakes the PE. Both are sequentially consistent, so one of the two sees the other.
 */
import Denque from 'denque';
import type { Link } from '../../core/message/transport.ts';
import { Reader } from '../../core/pup/reader.ts';
import type { Writer } from '../../core/pup/writer.ts';
import { RecordKind, RingConsumer, RingProducer, ringControlWords, type SharedRing } from './ring.ts';

/** Bytes of a ring. Memory is taken by the system only when it is first touched. */
export const ringBytesDefault = 1 << 18;

/** Memory shared by all PEs of a process; can be posted to a worker. */
export interface SharedMachine {
  readonly pes: number;
  /** One line of words per PE; see `PeWord`. */
  readonly peWords: Int32Array;
  /** Ring from PE a to PE b at a·pes + b; the diagonal is undefined. */
  readonly rings: readonly (SharedRing | undefined)[];
}

export const peWordsPerPe = 32;

/** Words of a PE's line. */
export const PeWord = {
  /** 1 while the PE sleeps; what senders and the supervisor notify. */
  parked: 0,
  /** 1 when the job has ended. */
  stop: 1,
  /** Entry and index that run now, for the report if the PE dies. Two words. */
  progress: 16,
} as const;

export function makeSharedMachine(pes: number, ringBytes = ringBytesDefault): SharedMachine {
  const peWords = new Int32Array(new SharedArrayBuffer(pes * peWordsPerPe * 4));
  const rings: (SharedRing | undefined)[] = [];
  for (let from = 0; from < pes; from++) {
    for (let to = 0; to < pes; to++) {
      const control = new Int32Array(new SharedArrayBuffer(ringControlWords * 4));
      rings.push(from === to ? undefined : { control, data: new SharedArrayBuffer(ringBytes) });
    }
  }
  return { pes, peWords, rings };
}

/** Wakes a PE if it sleeps. */
export function wakePe(peWords: Int32Array, pe: number): void {
  const word = pe * peWordsPerPe + PeWord.parked;
  if (Atomics.load(peWords, word) === 1 && Atomics.compareExchange(peWords, word, 1, 0) === 1)
    Atomics.notify(peWords, word);
}

/** Parts smaller than this are not worth a record; wait until the ring has emptied a little. */
const partBytesMin = 4096;
/** Parts of a large frame: small enough that the receiver copies one while the sender writes the next. */
const partBytesMax = 1 << 16;

/** A frame, or the rest of one, that found no room. */
class Outgoing {
  readonly segments: readonly Uint8Array[];
  readonly total: number;
  isBegun = false;
  #segment = 0;
  #offset = 0;
  #sent = 0;

  constructor(segments: readonly Uint8Array[], total: number) {
    this.segments = segments;
    this.total = total;
  }

  get left(): number {
    return this.total - this.#sent;
  }

  /** Copies the next `count` bytes to `target`. */
  take(target: Uint8Array, offset: number, count: number): void {
    let at = offset;
    let left = count;
    while (left > 0) {
      const segment = this.segments[this.#segment]!;
      // Segments stand at multiples of 8; the gap is not copied, its content does not matter.
      const padded = (segment.length + 7) & ~7;
      const here = Math.min(left, padded - this.#offset);
      const data = Math.min(here, segment.length - this.#offset);
      if (data > 0) target.set(segment.subarray(this.#offset, this.#offset + data), at);
      at += here;
      left -= here;
      this.#offset += here;
      if (this.#offset === padded) {
        this.#segment++;
        this.#offset = 0;
      }
    }
    this.#sent += count;
  }
}

/** A large frame that is arriving in parts. */
interface Incoming {
  readonly bytes: Uint8Array;
  received: number;
}

export class ThreadsLink implements Link {
  readonly #pe: number;
  readonly #peWords: Int32Array;
  readonly #out: (RingProducer | undefined)[] = [];
  readonly #in: RingConsumer[] = [];
  readonly #incoming: (Incoming | undefined)[] = [];
  readonly #kept: Denque<Outgoing>[] = [];
  /** PEs for which something is kept. */
  #keptCount = 0;
  readonly #reader = new Reader();

  constructor(pe: number, machine: SharedMachine) {
    this.#pe = pe;
    this.#peWords = machine.peWords;
    for (let other = 0; other < machine.pes; other++) {
      const out = machine.rings[pe * machine.pes + other];
      const incoming = machine.rings[other * machine.pes + pe];
      this.#out.push(out === undefined ? undefined : new RingProducer(out));
      if (incoming !== undefined) {
        this.#in.push(new RingConsumer(incoming));
        this.#incoming.push(undefined);
      }
      this.#kept.push(new Denque<Outgoing>());
    }
  }

  send(to: number, writer: Writer): void {
    const ring = this.#out[to]!;
    const length = writer.position;
    if (writer.attachmentBytes === 0 && length <= ring.payloadBytesMax && this.#kept[to]!.length === 0) {
      const offset = ring.reserve(length);
      if (offset !== -1) {
        copy(ring, offset, writer.bytes, writer.words, length);
        ring.commit(offset, length, RecordKind.frame);
        wakePe(this.#peWords, to);
        return;
      }
    }
    const head = writer.bytes.slice(0, length);
    this.#keep(to, [head, ...writer.attachments], writer.frameBytes);
  }

  forward(to: number, frame: Reader): void {
    const bytes = frame.copy();
    this.#keep(to, [bytes], bytes.length);
  }

  poll(receive: (frame: Reader) => void): number {
    if (this.#keptCount > 0) this.#pushKept();
    let count = 0;
    const rings = this.#in;
    for (let i = 0; i < rings.length; i++) {
      if (rings[i]!.mayHaveRecords) count += this.#drain(i, receive);
    }
    return count;
  }

  /** True while frames wait for room. */
  get isHolding(): boolean {
    return this.#keptCount > 0;
  }

  /** True if a ring has something for this PE. */
  get hasIncoming(): boolean {
    return this.#in.some((ring) => ring.mayHaveRecords);
  }

  #drain(i: number, receive: (frame: Reader) => void): number {
    const ring = this.#in[i]!;
    let count = 0;
    while (ring.next()) {
      const { kind, offset, length } = ring;
      if (kind === RecordKind.frame) {
        // Released before it is handled, published after: the frame stays ours, and an exception loses no place.
        this.#reader.reset(ring.bytes, ring.view, offset, length, false);
        ring.release();
        receive(this.#reader);
        count++;
      } else if (kind === RecordKind.skip) ring.release();
      else count += this.#onPart(i, ring, receive);
      ring.publish();
    }
    return count;
  }

  #onPart(i: number, ring: RingConsumer, receive: (frame: Reader) => void): number {
    const { kind, offset, length } = ring;
    if (kind === RecordKind.begin) {
      const total = ring.view.getUint32(offset, true);
      // Not zeroed: every byte is overwritten, or is padding that nobody reads.
      const memory = Buffer.allocUnsafeSlow(total);
      this.#incoming[i] = { bytes: new Uint8Array(memory.buffer, memory.byteOffset, total), received: 0 };
      ring.release();
      return 0;
    }
    const incoming = this.#incoming[i]!;
    incoming.bytes.set(ring.bytes.subarray(offset, offset + length), incoming.received);
    incoming.received += length;
    ring.release();
    if (incoming.received < incoming.bytes.length) return 0;
    this.#incoming[i] = undefined;
    receive(Reader.over(incoming.bytes));
    return 1;
  }

  #keep(to: number, segments: readonly Uint8Array[], total: number): void {
    const kept = this.#kept[to]!;
    if (kept.length === 0) this.#keptCount++;
    kept.push(new Outgoing(segments, total));
    this.#pushTo(to, kept);
  }

  #pushKept(): void {
    for (let to = 0; to < this.#kept.length; to++) {
      const kept = this.#kept[to]!;
      if (kept.length > 0) this.#pushTo(to, kept);
    }
  }

  #pushTo(to: number, kept: Denque<Outgoing>): void {
    const ring = this.#out[to]!;
    let hasSent = false;
    for (let frame = kept.peekFront(); frame !== undefined; frame = kept.peekFront()) {
      const isDone = frame.total <= partBytesMin ? this.#pushWhole(ring, frame) : this.#pushParts(to, ring, frame);
      if (!isDone) break;
      hasSent = true;
      kept.shift();
    }
    if (kept.length === 0) this.#keptCount--;
    if (hasSent) wakePe(this.#peWords, to);
  }

  #pushWhole(ring: RingProducer, frame: Outgoing): boolean {
    const length = frame.total;
    const offset = ring.reserve(length);
    if (offset === -1) return false;
    frame.take(ring.bytes, offset, length);
    ring.commit(offset, length, RecordKind.frame);
    return true;
  }

  #pushParts(to: number, ring: RingProducer, frame: Outgoing): boolean {
    if (!frame.isBegun) {
      const offset = ring.reserve(8);
      if (offset === -1) return false;
      ring.words[offset >>> 2] = frame.total;
      ring.commit(offset, 8, RecordKind.begin);
      frame.isBegun = true;
      wakePe(this.#peWords, to);
    }
    while (frame.left > 0) {
      const length = Math.min(frame.left, partBytesMax, ring.payloadBytesMax);
      const offset = ring.reserve(length);
      if (offset === -1) return false;
      frame.take(ring.bytes, offset, length);
      ring.commit(offset, length, RecordKind.part);
      wakePe(this.#peWords, to);
    }
    return true;
  }
}

/** Small frames word by word, which beats the call of a native copy below about 200 bytes. */
function copy(ring: RingProducer, offset: number, bytes: Uint8Array, words: Int32Array, length: number): void {
  if (length > 256) {
    ring.bytes.set(bytes.subarray(0, length), offset);
    return;
  }
  const target = ring.words;
  const at = offset >>> 2;
  const count = length >>> 2;
  for (let i = 0; i < count; i++) target[at + i] = words[i]!;
}
