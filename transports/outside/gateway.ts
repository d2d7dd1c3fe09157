/**
 * The communication thread of a node runtime: takes parcels from the rings of its PEs to a transport, and back.
 *
 *  1. `drain` empties the rings; what is for a congested node stays in its ring, and what the PE sends after it waits
 *     behind it, in the ring and then in the PE.
 *  2. A record that arrives goes into the ring of its PE, or waits if there is no room. While more than `heldBytesMax`
 *     wait the transport receives nothing.
 *  3. With nothing to do the thread parks as a PE does: it sets its word, looks again, and sleeps in Atomics.waitAsync, which
 *     leaves the event loop to the sockets.
 */
import Denque from 'denque';
import { RecordKind, RingConsumer, RingProducer } from '../threads/ring.ts';
import { wakePe } from '../threads/threads-link.ts';
import type { PolledTransport, Transport, TransportEvents } from '../transport.ts';
import { type GatewayMemory, parcelHeadBytes, parkedWord, ringFrom, ringTo } from './gateway-memory.ts';

const heldBytesMax = 16 << 20;
/** Turns of the event loop without a parcel before the thread parks: a turn costs a microsecond, a wake tens. */
const idleTurnsMax = 50;
/** The same where the transport does not wake the thread: for some milliseconds it is as quick as when it works. */
const idleTurnsMaxPolled = 5000;
/** Asleep, it looks for what has come; the longer nothing does, the less often. */
const pollMsMax = 8;

interface HeldRecord {
  readonly kind: number;
  readonly from: number;
  readonly bytes: Uint8Array;
}

export interface GatewayOptions {
  readonly memory: GatewayMemory;
  /** The words by which PEs are woken, see threads-link.ts. */
  readonly peWords: Int32Array;
  /** Number of this node's first PE. */
  readonly firstPe: number;
  readonly nodeOf: (pe: number) => number;
  /** Calls back in the next turn of the event loop. */
  readonly soon: (action: () => void) => void;
  /** Called for records that can't be meant for this node. */
  readonly onBadRecord: (why: string) => void;
}

export class Gateway implements Pick<TransportEvents, 'received'> {
  readonly #options: GatewayOptions;
  readonly #out: readonly RingConsumer[];
  readonly #in: readonly RingProducer[];
  readonly #held: readonly Denque<HeldRecord>[];
  #heldBytes = 0;
  #isPaused = false;
  #transport!: Transport;
  /** The transport, if it must be asked for what has come. */
  #polled: PolledTransport | undefined;
  #pollTimer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;
  #idleTurns = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const locals = Array.from({ length: options.memory.pes }, (_, pe) => pe);
    this.#out = locals.map((pe) => new RingConsumer(ringFrom(options.memory, pe)));
    this.#in = locals.map((pe) => new RingProducer(ringTo(options.memory, pe)));
    this.#held = locals.map(() => new Denque());
  }

  /** Begins to carry parcels. */
  start(transport: Transport): void {
    this.#transport = transport;
    this.#options.soon(this.#turn);
  }

  /** The same with one that must be asked. */
  startPolled(transport: PolledTransport): void {
    this.#polled = transport;
    this.start(transport);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#pollTimer);
    Atomics.store(this.#options.memory.words, parkedWord, 0);
    Atomics.notify(this.#options.memory.words, parkedWord);
  }

  // ---- out ----

  readonly #turn = (): void => {
    if (this.#isStopped) return;
    this.#pushHeld();
    const hasCome = this.#polled?.poll() === true;
    this.#idleTurns = this.#drain() || hasCome ? 0 : this.#idleTurns + 1;
    const idleMax = this.#polled === undefined ? idleTurnsMax : idleTurnsMaxPolled;
    if (this.#idleTurns < idleMax || this.#heldBytes > 0) this.#options.soon(this.#turn);
    else void this.#park();
  };

  async #park(): Promise<void> {
    const { words } = this.#options.memory;
    Atomics.store(words, parkedWord, 1);
    if (this.#hasParcels()) Atomics.store(words, parkedWord, 0);
    else {
      const waiting = Atomics.waitAsync(words, parkedWord, 1);
      if (waiting.async) {
        if (this.#polled !== undefined) this.#pollLater(this.#polled, 1);
        await waiting.value;
        clearTimeout(this.#pollTimer);
      }
    }
    this.#idleTurns = 0;
    this.#turn();
  }

  /** While the thread sleeps. */
  #pollLater(transport: PolledTransport, delayMs: number): void {
    this.#pollTimer = setTimeout(() => {
      if (transport.poll()) this.stopSleeping();
      else this.#pollLater(transport, Math.min(2 * delayMs, pollMsMax));
    }, delayMs);
  }

  #hasParcels(): boolean {
    return this.#out.some((ring) => ring.mayHaveRecords);
  }

  /** Returns true if there was anything. */
  #drain(): boolean {
    let hasMoved = false;
    for (const ring of this.#out) if (ring.mayHaveRecords && this.#drainRing(ring)) hasMoved = true;
    if (hasMoved) this.#transport.flush();
    return hasMoved;
  }

  #drainRing(ring: RingConsumer): boolean {
    let hasMoved = false;
    while (ring.next()) {
      const { kind, offset, length, memory } = ring;
      if (kind !== RecordKind.skip) {
        const to = memory.view.getUint32(offset, true);
        const node = this.#options.nodeOf(to);
        if (this.#transport.isCongested(node)) return hasMoved;
        const from = memory.view.getUint32(offset + 4, true);
        this.#transport.send(node, kind, to, from, memory.bytes, offset + parcelHeadBytes, length - parcelHeadBytes);
        hasMoved = true;
      }
      ring.release();
    }
    return hasMoved;
  }

  // ---- in ----

  received(kind: number, to: number, from: number, bytes: Uint8Array, start: number, length: number): void {
    const pe = to - this.#options.firstPe;
    const ring = this.#in[pe];
    if (ring === undefined) return this.#options.onBadRecord(`a message came for PE ${to}, which is not here`);
    if (this.#held[pe]!.isEmpty() && put(ring, kind, to, from, bytes, start, length)) {
      return wakePe(this.#options.peWords, pe);
    }
    this.#held[pe]!.push({ kind, from, bytes: bytes.slice(start, start + length) });
    this.#heldBytes += length;
    this.#setPaused(this.#heldBytes > heldBytesMax);
    if (this.#idleTurns >= idleTurnsMax) this.stopSleeping();
  }

  /** Something waits that is not in a ring. */
  stopSleeping(): void {
    Atomics.store(this.#options.memory.words, parkedWord, 0);
    Atomics.notify(this.#options.memory.words, parkedWord);
  }

  #pushHeld(): void {
    if (this.#heldBytes === 0) return;
    for (const [pe, held] of this.#held.entries()) {
      for (let record = held.peekFront(); record !== undefined; record = held.peekFront()) {
        const { kind, from, bytes } = record;
        if (!put(this.#in[pe]!, kind, this.#options.firstPe + pe, from, bytes, 0, bytes.length)) break;
        held.shift();
        this.#heldBytes -= bytes.length;
        wakePe(this.#options.peWords, pe);
      }
    }
    this.#setPaused(this.#heldBytes > heldBytesMax / 2 && this.#isPaused);
  }

  #setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.#transport.setPaused(isPaused);
  }
}

function put(
  ring: RingProducer,
  kind: number,
  to: number,
  from: number,
  bytes: Uint8Array,
  start: number,
  length: number,
): boolean {
  const offset = ring.reserve(parcelHeadBytes + length);
  if (offset === -1) return false;
  ring.words[offset >>> 2] = to;
  ring.words[(offset >>> 2) + 1] = from;
  ring.bytes.set(bytes.subarray(start, start + length), offset + parcelHeadBytes);
  ring.commit(offset, parcelHeadBytes + length, kind);
  return true;
}
