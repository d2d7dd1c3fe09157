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
import type { Link } from '../../core/message/transport.ts';
import { Reader } from '../../core/pup/reader.ts';
import { makeHeapBuffer } from '../../core/pup/shared-heap.ts';
import type { Writer } from '../../core/pup/writer.ts';
import { unzeroed } from '../frames/unzeroed.ts';
import { RecordKind, RingConsumer, RingProducer, ringControlWords, type SharedRing } from './ring.ts';
import { copyWords, Spill } from './spill.ts';

/** Bytes of a ring between two of few PEs. Memory is taken by the system only when it is first touched. */
const ringBytesMost = 1 << 18;
const ringBytesLeast = 1 << 14;
/** With many PEs the rings together stay about this large. */
const allRingsBytes = 1 << 28;

/** Memory shared by all PEs of a process; can be posted to a worker. */
export interface SharedMachine {
  readonly pes: number;
  /** One line of words per PE; see `PeWord`. */
  readonly peWords: Int32Array;
  /** The rings from PE a to PE b at a·pes + b: their control words and their data, one buffer each for all. */
  readonly ringControls: Int32Array;
  readonly ringData: Uint8Array;
  /** Of shared arrays: core/pup/shared-heap.ts. */
  readonly heap: SharedArrayBuffer;
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

export function makeSharedMachine(pes: number, ringBytes = ringBytesFor(pes)): SharedMachine {
  return {
    pes,
    peWords: new Int32Array(new SharedArrayBuffer(pes * peWordsPerPe * 4)),
    ringControls: new Int32Array(new SharedArrayBuffer(pes * pes * ringControlWords * 4)),
    ringData: new Uint8Array(new SharedArrayBuffer(pes * pes * ringBytes)),
    heap: makeHeapBuffer(),
  };
}

/** A power of two. */
function ringBytesFor(pes: number): number {
  const fair = 2 ** Math.floor(Math.log2(allRingsBytes / (pes * pes)));
  return Math.min(ringBytesMost, Math.max(ringBytesLeast, fair));
}

function ringOf({ pes, ringControls, ringData }: SharedMachine, from: number, to: number): SharedRing {
  const i = from * pes + to;
  const bytes = ringData.length / (pes * pes);
  return {
    control: ringControls.subarray(i * ringControlWords, (i + 1) * ringControlWords),
    data: ringData.subarray(i * bytes, (i + 1) * bytes),
  };
}

/** Wakes a PE if it sleeps. */
export function wakePe(peWords: Int32Array, pe: number): void {
  const word = pe * peWordsPerPe + PeWord.parked;
  if (Atomics.load(peWords, word) === 1 && Atomics.compareExchange(peWords, word, 1, 0) === 1)
    Atomics.notify(peWords, word);
}

/** A large frame that is arriving in parts. */
interface Incoming {
  readonly bytes: Uint8Array;
  received: number;
}

/** While something is spilled, every n-th send tries to move it on; the rest just adds to it. */
const sendsPerPush = 32;

export class ThreadsLink implements Link {
  readonly #peWords: Int32Array;
  readonly #out: (RingProducer | undefined)[] = [];
  readonly #in: RingConsumer[] = [];
  readonly #incoming: (Incoming | undefined)[] = [];
  readonly #spills: Spill[] = [];
  /** PEs for which something is spilled. */
  #spilled = 0;
  #sends = 0;
  readonly #reader = new Reader();
  readonly #pe: number;
  /** The PE that a frame which is being received came from; one that was sent on was first sent by another. */
  from = -1;

  constructor(pe: number, machine: SharedMachine) {
    this.#pe = pe;
    this.#peWords = machine.peWords;
    for (let other = 0; other < machine.pes; other++) {
      this.#out.push(other === pe ? undefined : new RingProducer(ringOf(machine, pe, other)));
      if (other !== pe) {
        this.#in.push(new RingConsumer(ringOf(machine, other, pe)));
        this.#incoming.push(undefined);
      }
      this.#spills.push(new Spill());
    }
  }

  send(to: number, writer: Writer): void {
    const ring = this.#out[to]!;
    const spill = this.#spills[to]!;
    if (spill.isEmpty && writer.frameBytes <= ring.payloadBytesMax && sendWhole(ring, writer)) {
      wakePe(this.#peWords, to);
      return;
    }
    if (spill.isEmpty) this.#spilled++;
    spill.keep(writer, ring.payloadBytesMax);
    if (++this.#sends % sendsPerPush === 0 || writer.attachmentBytes > 0) this.#push(to, spill);
  }

  forward(to: number, frame: Reader): void {
    const spill = this.#spills[to]!;
    if (spill.isEmpty) this.#spilled++;
    const bytes = frame.copy();
    spill.keepLarge([bytes], bytes.length);
    this.#push(to, spill);
  }

  poll(receive: (frame: Reader) => void, framesMax: number): number {
    if (this.#spilled > 0) this.#pushSpilled();
    let count = 0;
    const rings = this.#in;
    for (let i = 0; i < rings.length; i++) {
      if (rings[i]!.mayHaveRecords) count += this.#drain(i, receive, framesMax);
    }
    return count;
  }

  /** Receives one frame from a PE; false if none has come whole. */
  takeFrom(pe: number, receive: (frame: Reader) => void): boolean {
    const i = pe < this.#pe ? pe : pe - 1;
    while (this.#in[i]!.mayHaveRecords) if (this.#drain(i, receive, 1) > 0) return true;
    return false;
  }

  hasIncomingFrom(pe: number): boolean {
    return this.#in[pe < this.#pe ? pe : pe - 1]!.mayHaveRecords;
  }

  /** Moves on what waits for room. */
  push(): void {
    if (this.#spilled > 0) this.#pushSpilled();
  }

  /** True while frames wait for room. */
  get isHolding(): boolean {
    return this.#spilled > 0;
  }

  /** True if a ring has something for this PE. */
  get hasIncoming(): boolean {
    const rings = this.#in;
    for (let i = 0; i < rings.length; i++) if (rings[i]!.mayHaveRecords) return true;
    return false;
  }

  #drain(i: number, receive: (frame: Reader) => void, framesMax: number): number {
    const ring = this.#in[i]!;
    this.from = i < this.#pe ? i : i + 1;
    let count = 0;
    while (count < framesMax && ring.next()) {
      const { kind, offset, length } = ring;
      if (kind === RecordKind.frame) {
        this.#reader.reset(ring.memory, offset, length, false);
        count++;
        try {
          receive(this.#reader);
        } finally {
          ring.release();
        }
      } else if (kind === RecordKind.skip) ring.release();
      else count += this.#onPart(i, ring, receive);
    }
    return count;
  }

  #onPart(i: number, ring: RingConsumer, receive: (frame: Reader) => void): number {
    const { kind, offset, length, memory } = ring;
    if (kind === RecordKind.begin) {
      const total = memory.view.getUint32(offset, true);
      // Not zeroed: every byte is overwritten, or is padding that nobody reads.
      this.#incoming[i] = { bytes: unzeroed(total), received: 0 };
      ring.release();
      return 0;
    }
    const incoming = this.#incoming[i]!;
    incoming.bytes.set(memory.bytes.subarray(offset, offset + length), incoming.received);
    incoming.received += length;
    ring.release();
    if (incoming.received < incoming.bytes.length) return 0;
    this.#incoming[i] = undefined;
    receive(Reader.over(incoming.bytes));
    return 1;
  }

  #pushSpilled(): void {
    for (let to = 0; to < this.#spills.length; to++) {
      const spill = this.#spills[to]!;
      if (!spill.isEmpty) this.#push(to, spill);
    }
  }

  #push(to: number, spill: Spill): void {
    const hasMoved = spill.push(this.#out[to]!);
    if (spill.isEmpty) this.#spilled--;
    if (hasMoved) wakePe(this.#peWords, to);
  }
}

/** Puts a frame into the ring as one record, attachments and all; false if there is no room now. */
function sendWhole(ring: RingProducer, writer: Writer): boolean {
  const length = writer.frameBytes;
  const offset = ring.reserve(length);
  if (offset === -1) return false;
  const head = writer.position;
  if (head <= smallFrameBytes) copyWords(ring, offset, writer.memory.words, 0, head);
  else ring.bytes.set(writer.bytes.subarray(0, head), offset);
  let at = offset + head;
  if (writer.attachmentBytes > 0) {
    for (const attachment of writer.attachments) {
      ring.bytes.set(attachment, at);
      at += (attachment.length + 7) & ~7;
    }
  }
  ring.commit(offset, length, RecordKind.frame);
  return true;
}

const smallFrameBytes = 256;
