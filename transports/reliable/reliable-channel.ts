/**
 * Frames between two ends over a network that loses, doubles, reorders, damages and delays packets: each frame arrives once,
 * whole, and in the order sent, as long as both ends live. It knows neither sockets nor time: packets go out through
 * `transmit` and come in through `receive`; clock and timers are handed in.
 *
 *  1. A frame becomes a packet, or several if it is long; see packet.ts, send-window.ts and receive-window.ts.
 *  2. Every packet carries acknowledgements. Data that nothing travels back for is acknowledged by a word of its own, after
 *     every fourth packet, `acknowledgeMs` later, or at once if packets are missing or came twice.
 *  3. Both ends know each other's nonce, drawn for each incarnation. A packet of another incarnation, or for one, is dropped
 *     and answered by a refusal; who is refused hears of it.
 *  4. While something is under way and nothing at all comes back for `silentMs` the owner hears of that, once. If our own
 *     timer came late by more than `gapMs`, we have slept ourselves: the peer is given that much longer.
 *
 * Invariants: memory is bounded by `windowBytes` and 128 packets in either direction, and the backlog, which the owner can see
 * and hold against its senders; at rest there is no timer.
 */
import type { FrameMemory } from '../../core/pup/frame-memory.ts';
import type { Reader } from '../../core/pup/reader.ts';
import type { Writer } from '../../core/pup/writer.ts';
import { copyFrame, copyWords, type FrameStore, StoredFrame } from '../frames/frame-store.ts';
import { Pacer } from './pacer.ts';
import {
  isIntact,
  PacketKind,
  packetHeaderBytes,
  prepareData,
  prepareWord,
  seal,
  sequenceOffset,
  windowPackets,
} from './packet.ts';
import { type FrameOwner, ReceiveWindow } from './receive-window.ts';
import { RoundTrip } from './round-trip.ts';
import { Flight, SendWindow } from './send-window.ts';

/** What a channel asks of whoever owns it. Times are milliseconds. */
export interface ChannelHost extends FrameOwner {
  /** Monotonic. */
  now(): number;
  /** Calls back once; there is no need to cancel it. */
  after(delayMs: number, action: () => void): void;
  /** Sends a packet, which may get lost. Its memory is used again afterwards. */
  transmit(memory: FrameMemory, offset: number, bytes: number): void;
  /** The peer knows another incarnation of us: this one has been replaced. */
  refused(): void;
  /** The peer does not answer. */
  silent(forMs: number): void;
}

export interface ChannelOptions {
  /** Of this end's incarnation and of the peer's: any integers of 32 bits that were not used before. */
  readonly localNonce: number;
  readonly peerNonce: number;
  /** Memory of packets; channels of one thread share one. */
  readonly store: FrameStore;
  /** Largest packet, header included. Default: 65 000. */
  readonly packetBytesMax?: number;
  /** Bytes under way at most. Default: 4 MiB. */
  readonly windowBytes?: number;
  /** Largest frame that is taken in. Default: 1 GiB. */
  readonly frameBytesMax?: number;
  /** Time to wait for an acknowledgement, before round trips have been measured, at least and at most. Default: 20, 2, 1000. */
  readonly timeoutMs?: { readonly initial: number; readonly least: number; readonly most: number };
  /** Default: 1. */
  readonly acknowledgeMs?: number;
  /** Default: 5000, 1000. */
  readonly silentMs?: number;
  readonly gapMs?: number;
  /** What carries packets sees to it that they are whole and unchanged: no check sums. Default: no. */
  readonly isSealed?: boolean;
  /** Packets go out over the round trip instead of as soon as the window lets them. Default: no. */
  readonly isPaced?: boolean;
}

/** What has happened, for reports. */
export interface ChannelCounts {
  readonly repeats: number;
  readonly doubles: number;
  /** Packets dropped because of their check sum. */
  readonly damaged: number;
  /** Packets of or for another incarnation. */
  readonly strange: number;
}

const owedMax = 4;
/** Timers may come this much too early: what is added up in another order is rounded in another way. */
const toleranceMs = 1e-6;
const never = Number.POSITIVE_INFINITY;

export class ReliableChannel {
  readonly #host: ChannelHost;
  readonly #store: FrameStore;
  readonly #local: number;
  readonly #peer: number;
  readonly #payloadMax: number;
  readonly #acknowledgeMs: number;
  readonly #silentMs: number;
  readonly #gapMs: number;
  readonly #isSealed: boolean;
  readonly #sending: SendWindow;
  readonly #receiving: ReceiveWindow;
  readonly #wordAt = new StoredFrame();
  /** Packets of data that have come and have not been acknowledged. */
  #owed = 0;
  #oweUntil = never;
  #armedAt = never;
  #isAwake = true;
  /** Since when an answer is due; it moves with everything that comes. */
  #quietSince = 0;
  #isSilent = false;
  #damaged = 0;
  #strange = 0;

  constructor(host: ChannelHost, options: ChannelOptions) {
    const { store, localNonce, peerNonce, packetBytesMax = 65_000, windowBytes = 4 << 20 } = options;
    const { initial, least, most } = options.timeoutMs ?? { initial: 20, least: 2, most: 1000 };
    this.#host = host;
    this.#store = store;
    this.#local = localNonce | 0;
    this.#peer = peerNonce | 0;
    // Parts but the last are multiples of 8, so that they can be put together by words.
    this.#payloadMax = Math.max(8, (packetBytesMax - packetHeaderBytes) & ~7);
    this.#acknowledgeMs = options.acknowledgeMs ?? 1;
    this.#silentMs = options.silentMs ?? 5000;
    this.#gapMs = options.gapMs ?? 1000;
    this.#isSealed = options.isSealed ?? false;
    const roundTrip = new RoundTrip(initial, least, most, 2 * this.#acknowledgeMs);
    const pacer = options.isPaced === true ? new Pacer(packetBytesMax) : undefined;
    this.#sending = new SendWindow(store, roundTrip, windowBytes, (flight) => this.#transmit(flight), pacer);
    this.#receiving = new ReceiveWindow(store, host, options.frameBytesMax ?? 1 << 30);
    store.reserve(packetHeaderBytes, this.#wordAt);
  }

  get counts(): ChannelCounts {
    const { repeats } = this.#sending;
    return { repeats, doubles: this.#receiving.doubles, damaged: this.#damaged, strange: this.#strange };
  }

  /** Bytes under way, bytes that wait for that, and bytes that came too early. */
  get held(): { readonly underWay: number; readonly backlog: number; readonly early: number } {
    const { bytesUnderWay, backlogBytes } = this.#sending;
    return { underWay: bytesUnderWay, backlog: backlogBytes, early: this.#receiving.keptBytes };
  }

  /** Nothing is under way from here. */
  get isIdle(): boolean {
    return this.#sending.isIdle;
  }

  // ---- sending ----

  /** Sends the sealed frame in `writer`. */
  send(writer: Writer): void {
    const bytes = writer.frameBytes;
    if (bytes <= this.#payloadMax) {
      const flight = new Flight();
      this.#store.reserve(packetHeaderBytes + bytes, flight);
      copyFrame(writer, flight.chunk.memory, flight.offset + packetHeaderBytes);
      this.#push(flight, false);
    } else {
      const whole = new StoredFrame();
      this.#store.putWritten(writer, whole);
      this.#sendParts(whole.chunk.memory, whole.offset, bytes);
      this.#store.release(whole);
    }
    this.#go();
  }

  /** Sends a received frame on. */
  forward(frame: Reader): void {
    this.sendBytes(frame.memory, frame.start, frame.limit - frame.start);
  }

  /** Sends a frame that begins at a multiple of 8. */
  sendBytes(memory: FrameMemory, start: number, bytes: number): void {
    this.#sendParts(memory, start, bytes);
    this.#go();
  }

  #sendParts(memory: FrameMemory, start: number, bytes: number): void {
    for (let at = 0; at < bytes || at === 0; at += this.#payloadMax) {
      const length = Math.min(this.#payloadMax, bytes - at);
      const flight = new Flight();
      this.#store.reserve(packetHeaderBytes + length, flight);
      copyWords(memory, start + at, flight.chunk.memory, flight.offset + packetHeaderBytes, length);
      this.#push(flight, at + length < bytes);
    }
  }

  #push(flight: Flight, isPart: boolean): void {
    prepareData(flight.chunk.memory, flight.offset, flight.bytes - packetHeaderBytes, isPart, this.#isSealed);
    this.#sending.push(flight);
  }

  #go(): void {
    const now = this.#host.now();
    if (this.#sending.packetsUnderWay === 0) this.#quietSince = now;
    this.#sending.pump(now);
    this.#arm(this.#nextAt, now);
  }

  #transmit(flight: Flight): void {
    this.#finish(flight.chunk.memory, flight.offset, flight.bytes);
  }

  #finish(memory: FrameMemory, offset: number, bytes: number): void {
    const { expected, selective } = this.#receiving;
    seal(memory, offset, this.#local, this.#peer, windowPackets, expected, selective, this.#isSealed);
    this.#owed = 0;
    this.#oweUntil = never;
    this.#host.transmit(memory, offset, bytes);
  }

  #sendWord(kind: number): void {
    const { chunk, offset } = this.#wordAt;
    prepareWord(chunk.memory, offset, kind);
    this.#finish(chunk.memory, offset, packetHeaderBytes);
  }

  /** Acknowledges what has come; owners that take in many packets at a time call it behind them. */
  flush(): void {
    if (this.#owed > 0) this.#sendWord(PacketKind.word);
  }

  // ---- receiving ----

  /** Takes in a packet that begins at a multiple of 8. Anything may be in it. */
  receive(memory: FrameMemory, offset: number, bytes: number): void {
    if (!this.#isAwake) return;
    if (!isIntact(memory, offset, bytes, this.#isSealed)) {
      this.#damaged++;
      return;
    }
    const first = offset >> 2;
    const { words, view } = memory;
    const kind = view.getUint8(offset + 4);
    if (words[first + 2] !== this.#peer || words[first + 3] !== this.#local) {
      this.#strange++;
      // A refusal comes from the peer that we know, and names our own nonce.
      if (kind !== PacketKind.refusal) this.#refuse(words[first + 2]!);
      return;
    }
    if (kind === PacketKind.refusal) {
      this.#isAwake = false;
      return this.#host.refused();
    }
    const now = this.#host.now();
    this.#quietSince = now;
    this.#isSilent = false;
    const room = view.getUint16(offset + 6, true);
    this.#sending.acknowledged(words[first + 5]!, room, (word) => words[first + 6 + word]!, now);
    if (kind === PacketKind.data) this.#takeData(memory, offset, bytes, now);
    else if (kind === PacketKind.probe) this.#sendWord(PacketKind.word);
    this.#arm(this.#nextAt, now);
  }

  #takeData(memory: FrameMemory, offset: number, bytes: number, now: number): void {
    const sequence = memory.words[(offset + sequenceOffset) >> 2]!;
    const isPart = memory.view.getUint8(offset + 5) === 1;
    const payload = offset + packetHeaderBytes;
    const isPlain = this.#receiving.take(sequence, isPart, memory, payload, bytes - packetHeaderBytes);
    // What was delivered may have been answered, and so acknowledged.
    this.#owed++;
    if (!isPlain || this.#owed >= owedMax) this.#sendWord(PacketKind.word);
    else if (this.#oweUntil === never) this.#oweUntil = now + this.#acknowledgeMs;
  }

  /** Tells a stranger that it is one. */
  #refuse(stranger: number): void {
    const { chunk, offset } = this.#wordAt;
    prepareWord(chunk.memory, offset, PacketKind.refusal);
    seal(chunk.memory, offset, this.#local, stranger, 0, 0, this.#receiving.selective, this.#isSealed);
    this.#host.transmit(chunk.memory, offset, packetHeaderBytes);
  }

  /** The owner has room for frames again. */
  resume(): void {
    const before = this.#receiving.expected;
    this.#receiving.drain();
    if (before !== this.#receiving.expected) this.#sendWord(PacketKind.word);
  }

  /** Nothing goes out or comes in any more. */
  close(): void {
    this.#isAwake = false;
  }

  // ---- time ----

  get #nextAt(): number {
    const { deadline, pacedAt } = this.#sending;
    return Math.min(deadline, pacedAt, this.#oweUntil);
  }

  #arm(at: number, now: number): void {
    if (at >= this.#armedAt || !this.#isAwake) return;
    this.#armedAt = at;
    this.#host.after(Math.max(0, at - now), this.#onTimer);
  }

  readonly #onTimer = (): void => {
    if (!this.#isAwake) return;
    const now = this.#host.now();
    const due = now + toleranceMs;
    // A timer that was to come earlier has come already, or this one is that.
    if (due < this.#armedAt) return;
    const late = now - this.#armedAt;
    this.#armedAt = never;
    if (late > this.#gapMs) this.#quietSince += late;
    if (due >= this.#oweUntil) this.#sendWord(PacketKind.word);
    if (due >= this.#sending.deadline) this.#timedOut(due);
    if (due >= this.#sending.pacedAt) this.#sending.pump(due);
    this.#arm(this.#nextAt, now);
  };

  #timedOut(now: number): void {
    const repeats = this.#sending.repeats;
    this.#sending.timedOut(now);
    if (repeats === this.#sending.repeats) this.#sendWord(PacketKind.probe);
    const quiet = now - this.#quietSince;
    if (quiet < this.#silentMs || this.#isSilent) return;
    this.#isSilent = true;
    this.#host.silent(quiet);
  }
}
