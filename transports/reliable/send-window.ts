/**
 * The sending side of a reliable channel: what has been sent and not acknowledged, and what waits behind it.
 *
 *  1. A packet gets its number when it is first sent: when there are fewer under way than the receiver has room for, than
 *     the congestion window allows, and than `windowBytes`.
 *  2. A cumulative acknowledgement frees all packets before it; a selective one frees single packets behind a gap.
 *  3. A packet that three later ones have overtaken is sent again at once. One that is not acknowledged in time is sent
 *     again with those around it; the time doubles until something gets through.
 *  4. The congestion window grows by a packet for each that is acknowledged and is halved at a loss. With a pacer, what it
 *     allows goes out over the round trip (pacer.ts).
 *
 * Invariants: `oldest` <= every number under way < `next` <= `oldest` + 128. Numbers are integers of 32 bits that wrap;
 * only differences count.
 */
import Denque from 'denque';
import { type FrameStore, StoredFrame } from '../frames/frame-store.ts';
import type { Pacer } from './pacer.ts';
import { sequenceOffset, windowPackets } from './packet.ts';
import type { RoundTrip } from './round-trip.ts';

/** One packet of data. */
export class Flight extends StoredFrame {
  sequence = 0;
  sentAt = 0;
  sends = 0;
  /** A selective acknowledgement has freed its memory. */
  isHeld = false;
}

const mask = windowPackets - 1;
const overtakenBy = 3;
const congestionMin = 2;
const congestionStart = 16;

export class SendWindow {
  /** What has not been sent yet, and its bytes. */
  readonly backlog = new Denque<Flight>();
  backlogBytes = 0;
  bytesUnderWay = 0;
  oldest = 0;
  next = 0;
  /** Packets sent again, for reports. */
  repeats = 0;
  readonly #slots = new Array<Flight | undefined>(windowPackets).fill(undefined);
  readonly #store: FrameStore;
  readonly #roundTrip: RoundTrip;
  readonly #windowBytes: number;
  readonly #transmit: (flight: Flight) => void;
  readonly #pacer: Pacer | undefined;
  /** When the pacer lets the next packet go; Infinity if it stops nothing. */
  pacedAt = Number.POSITIVE_INFINITY;
  #congestion = congestionStart;
  #room = windowPackets;
  #held = 0;
  /** Losses of packets before this one have halved the congestion window already. */
  #recovery = 0;

  constructor(
    store: FrameStore,
    roundTrip: RoundTrip,
    windowBytes: number,
    transmit: (flight: Flight) => void,
    pacer?: Pacer,
  ) {
    this.#pacer = pacer;
    this.#store = store;
    this.#roundTrip = roundTrip;
    this.#windowBytes = windowBytes;
    this.#transmit = transmit;
  }

  get isIdle(): boolean {
    return this.next === this.oldest && this.backlog.length === 0;
  }

  get packetsUnderWay(): number {
    return (this.next - this.oldest) | 0;
  }

  push(flight: Flight): void {
    this.backlog.push(flight);
    this.backlogBytes += flight.bytes;
  }

  /** Sends what may be sent. */
  pump(now: number): void {
    this.pacedAt = Number.POSITIVE_INFINITY;
    while (this.backlog.length > 0) {
      const underWay = this.packetsUnderWay;
      if (underWay >= this.#room || underWay - this.#held >= this.#congestion) return;
      const flight = this.backlog.peekFront()!;
      if (underWay > 0 && this.bytesUnderWay + flight.bytes > this.#windowBytes) return;
      const waitMs = this.#pacer?.take(flight.bytes, this.#congestion, this.#roundTrip.meanMs, now) ?? 0;
      if (waitMs > 0) {
        this.pacedAt = now + waitMs;
        return;
      }
      this.backlog.shift();
      this.backlogBytes -= flight.bytes;
      this.bytesUnderWay += flight.bytes;
      flight.sequence = this.next;
      flight.chunk.memory.words[(flight.offset + sequenceOffset) >> 2] = this.next;
      this.#slots[this.next & mask] = flight;
      this.next = (this.next + 1) | 0;
      this.#send(flight, now);
    }
  }

  #send(flight: Flight, now: number): void {
    flight.sentAt = now;
    flight.sends++;
    this.#transmit(flight);
  }

  /** Takes in an acknowledgement. `selective` bits are for the packets behind `expected`. */
  acknowledged(expected: number, room: number, selective: (word: number) => number, now: number): void {
    const count = (expected - this.oldest) | 0;
    // Older words may come later; ones that name what was never sent are not ours.
    if (count < 0 || count > this.packetsUnderWay) return;
    this.#room = Math.max(1, Math.min(windowPackets, room));
    for (let i = 0; i < count; i++) {
      const flight = this.#slots[this.oldest & mask]!;
      this.#slots[this.oldest & mask] = undefined;
      if (flight.isHeld) this.#held--;
      else this.#arrived(flight, now);
      this.oldest = (this.oldest + 1) | 0;
    }
    if (count > 0) this.#roundTrip.progress();
    if (this.next !== this.oldest) this.#takeSelective(selective, now);
    this.pump(now);
  }

  #arrived(flight: Flight, now: number): void {
    // Of one sent more than once nobody knows which has been answered (Karn's rule).
    if (flight.sends === 1) this.#roundTrip.sample(now - flight.sentAt);
    if (this.#congestion < windowPackets) this.#congestion++;
    this.bytesUnderWay -= flight.bytes;
    this.#store.release(flight);
  }

  #takeSelective(selective: (word: number) => number, now: number): void {
    const behind = this.packetsUnderWay - 1;
    let highest = -1;
    for (let i = 0; i < behind; i++) {
      if ((selective(i >> 5) & (1 << (i & 31))) === 0) continue;
      highest = i;
      const flight = this.#slots[(this.oldest + 1 + i) & mask]!;
      if (flight.isHeld) continue;
      flight.isHeld = true;
      this.#held++;
      this.#arrived(flight, now);
    }
    // Position -1 is the packet that is expected.
    for (let i = -1; i <= highest - overtakenBy; i++) {
      const flight = this.#slots[(this.oldest + 1 + i) & mask]!;
      if (!flight.isHeld && flight.sends === 1) this.#repeat(flight, now);
    }
  }

  #repeat(flight: Flight, now: number): void {
    this.repeats++;
    if (((flight.sequence - this.#recovery) | 0) >= 0) {
      this.#recovery = this.next;
      this.#congestion = Math.max(congestionMin, this.#congestion >> 1);
    }
    this.#send(flight, now);
  }

  /** When the oldest packet that is not acknowledged at all counts as lost; Infinity if nothing is under way. */
  get deadline(): number {
    if (this.next === this.oldest) return Number.POSITIVE_INFINITY;
    const flight = this.#slots[this.oldest & mask]!;
    return flight.sentAt + this.#roundTrip.timeoutMs;
  }

  /** The deadline has passed: sends again what is as old, as far as the halved congestion window allows. */
  timedOut(now: number): void {
    const { timeoutMs } = this.#roundTrip;
    this.#roundTrip.timedOut();
    // The receiver has it and no room to hand it on; the owner sends a probe instead.
    const oldest = this.#slots[this.oldest & mask]!;
    if (oldest.isHeld) oldest.sentAt = now;
    let budget = congestionMin;
    for (let sequence = this.oldest; sequence !== this.next && budget > 0; sequence = (sequence + 1) | 0) {
      const flight = this.#slots[sequence & mask]!;
      if (flight.isHeld || now < flight.sentAt + timeoutMs) continue;
      this.#repeat(flight, now);
      budget--;
    }
  }
}
