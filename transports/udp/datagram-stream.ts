/**
 * A stream of bytes over a reliable channel (reliable/reliable-channel.ts), whose packets go out through `transmit`.
 *
 *  1. What is written together is cut into full packets, so that small writes share them; nothing waits for more to come.
 *  2. A write is done once fewer than `backlogMax` bytes wait to be sent for the first time. Until then the stream keeps what
 *     follows, which `writableLength` tells.
 *  3. While nobody reads, the channel has no room: its window stands still, and so does the sender.
 *
 * Silence is no end: who computes does not answer. Whether a peer is still there is told by its heartbeats (pulse.ts).
 */
import { Duplex } from 'node:stream';
import { FrameMemory } from '../../core/pup/frame-memory.ts';
import { FrameStore } from '../frames/frame-store.ts';
import { packetHeaderBytes } from '../reliable/packet.ts';
import { ReliableChannel } from '../reliable/reliable-channel.ts';

const backlogMax = 256 << 10;

export interface DatagramStreamOptions {
  readonly localNonce: number;
  readonly peerNonce: number;
  readonly packetBytesMax: number;
  readonly windowBytes: number;
  /** What is written waits for `welcomed`. */
  readonly isCalling: boolean;
  /** Sends a packet, which may get lost. */
  readonly transmit: (packet: Uint8Array) => void;
  /** The stream has been destroyed, from here or from there. */
  readonly closed: () => void;
}

type Done = (error?: Error | null) => void;

interface Piece {
  readonly chunk: Buffer;
}

export class DatagramStream extends Duplex {
  readonly #channel: ReliableChannel;
  readonly #options: DatagramStreamOptions;
  readonly #payloadMax: number;
  readonly #out: FrameMemory;
  readonly #in: FrameMemory;
  #outUsed = 0;
  #waiting: Done | undefined;
  #isReading = false;
  #isDelivering = false;
  #isUnref = false;

  constructor(options: DatagramStreamOptions) {
    super({ decodeStrings: true, allowHalfOpen: true });
    this.#options = options;
    const { packetBytesMax, windowBytes, localNonce, peerNonce, transmit } = options;
    this.#payloadMax = (packetBytesMax - packetHeaderBytes) & ~7;
    this.#out = new FrameMemory(new ArrayBuffer(this.#payloadMax));
    this.#in = new FrameMemory(new ArrayBuffer(1 << 16));
    const host = {
      now: () => performance.now(),
      after: (delayMs: number, action: () => void) => this.#at(performance.now() + delayMs, action),
      transmit: (memory: FrameMemory, offset: number, bytes: number) =>
        transmit(memory.bytes.subarray(offset, offset + bytes)),
      hasRoom: () => this.#isReading,
      deliver: (memory: FrameMemory, offset: number, bytes: number) => this.#deliver(memory, offset, bytes),
      refused: () => this.destroy(new Error('it has been replaced by another')),
      silent: () => undefined,
    };
    this.#channel = new ReliableChannel(host, {
      localNonce,
      peerNonce,
      store: new FrameStore(),
      packetBytesMax,
      windowBytes,
      isPaced: true,
      isSealed: true,
    });
    if (options.isCalling) this.cork();
  }

  /** Its timers do not keep the event loop going. */
  unref(): void {
    this.#isUnref = true;
  }

  /** The peer is there: what was written goes out. */
  welcomed(): void {
    this.uncork();
  }

  /** The peer has ended the stream. */
  ended(): void {
    this.destroy();
  }

  /** A packet has come from the peer. */
  receive(packet: Uint8Array): void {
    if (this.destroyed || packet.length > this.#in.bytes.length) return;
    this.#in.bytes.set(packet);
    this.#channel.receive(this.#in, 0, packet.length);
    this.#goOn();
  }

  // ---- Duplex ----

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#add(chunk);
    this.#sendRest(done);
  }

  override _writev(pieces: Piece[], done: Done): void {
    for (const { chunk } of pieces) this.#add(chunk);
    this.#sendRest(done);
  }

  override _read(): void {
    this.#isReading = true;
    if (!this.#isDelivering && !this.destroyed) this.#channel.resume();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#options.closed();
    this.#channel.close();
    done(error);
  }

  // ---- inside ----

  /** Timers of Node.js may come a millisecond early, which the channel does not expect. */
  #at(time: number, action: () => void): void {
    const timer = setTimeout(
      () => {
        if (performance.now() < time) this.#at(time, action);
        else action();
      },
      Math.ceil(time - performance.now()),
    );
    if (this.#isUnref) timer.unref();
  }

  #add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const count = Math.min(chunk.length - at, this.#payloadMax - this.#outUsed);
      this.#out.bytes.set(chunk.subarray(at, at + count), this.#outUsed);
      this.#outUsed += count;
      at += count;
      if (this.#outUsed === this.#payloadMax) this.#sendPacket();
    }
  }

  #sendPacket(): void {
    this.#channel.sendBytes(this.#out, 0, this.#outUsed);
    this.#outUsed = 0;
  }

  #sendRest(done: Done): void {
    if (this.#outUsed > 0) this.#sendPacket();
    this.#waiting = done;
    this.#goOn();
  }

  #goOn(): void {
    const done = this.#waiting;
    if (done === undefined || this.#channel.held.backlog > backlogMax) return;
    this.#waiting = undefined;
    done();
  }

  #deliver(memory: FrameMemory, offset: number, bytes: number): void {
    this.#isDelivering = true;
    this.#isReading = this.push(Buffer.copyBytesFrom(memory.bytes, offset, bytes));
    this.#isDelivering = false;
  }
}
