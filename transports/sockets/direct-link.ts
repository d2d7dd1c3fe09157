/**
 * The link of a PE that is alone in its node runtime: the PE's own thread has the sockets, and no other thread is passed.
 * A round trip costs little more than that of the bare sockets; by way of a communication thread it would be twice that.
 *
 *  1. `send` adds a record to what goes to the node; `flush` writes it, when the PE has nothing else to do, half a
 *     millisecond later at most, or when a chunk is full.
 *  2. What arrives goes straight from the sockets' callbacks into the PE. While its queue is long, nothing is read.
 *  3. What comes before the PE is there waits for it.
 */
import type { Link } from '../../core/message/transport.ts';
import { FrameMemory } from '../../core/pup/frame-memory.ts';
import { Reader } from '../../core/pup/reader.ts';
import type { Writer } from '../../core/pup/writer.ts';
import { FrameParts } from '../outside/frame-parts.ts';
import { congestedBytes } from '../outside/gateway-memory.ts';
import { RecordKind } from '../threads/ring.ts';
import { recordBytesMax } from './record-stream.ts';
import type { SocketMesh } from './socket-mesh.ts';

/** What the link asks of the PE. */
export interface DirectReceiver {
  /** `from` is the PE that it came from; a frame that was sent on was first sent by another. */
  receive(frame: Reader, from: number): void;
  failed(error: unknown): void;
  readonly queueLength: number;
}

/** More than a PE that waits for room itself gathers: see `#waitsForRoom` of its host. */
const queueHigh = 1 << 13;

interface EarlyRecord {
  readonly kind: number;
  readonly from: number;
  readonly bytes: Uint8Array;
}

export class DirectLink implements Link {
  readonly #pe: number;
  readonly #mesh: SocketMesh;
  readonly #parts = new FrameParts();
  readonly #scratch = new FrameMemory(new ArrayBuffer(recordBytesMax));
  readonly #reader = new Reader();
  readonly #early: EarlyRecord[] = [];
  #receiver: DirectReceiver | undefined;
  #isPaused = false;
  #hasUnsent = false;

  /** Nodes and PEs have the same numbers here. */
  constructor(pe: number, mesh: SocketMesh) {
    this.#pe = pe;
    this.#mesh = mesh;
  }

  /** The PE is there. */
  open(receiver: DirectReceiver): void {
    this.#receiver = receiver;
    for (const { kind, from, bytes } of this.#early.splice(0)) this.received(kind, from, bytes, 0, bytes.length);
  }

  send(to: number, writer: Writer): void {
    this.#hasUnsent = true;
    if (writer.attachmentBytes === 0 && writer.position <= recordBytesMax)
      return this.#mesh.send(to, RecordKind.frame, to, this.#pe, writer.bytes, 0, writer.position);
    const head = writer.bytes.slice(0, writer.position);
    this.#mesh.sendLarge(to, to, this.#pe, [head, ...writer.attachments], writer.frameBytes);
  }

  forward(to: number, frame: Reader): void {
    this.#hasUnsent = true;
    const length = frame.limit - frame.start;
    if (length <= recordBytesMax) this.#mesh.send(to, RecordKind.frame, to, this.#pe, frame.bytes, frame.start, length);
    else this.#mesh.sendLarge(to, to, this.#pe, [frame.copy()], length);
  }

  /** Frames come by themselves; here is only seen to it that they come again after a pause. */
  poll(): number {
    if (this.#isPaused && this.#receiver!.queueLength < queueHigh / 2) this.#setPaused(false);
    return 0;
  }

  flush(): void {
    if (!this.#hasUnsent) return;
    this.#hasUnsent = false;
    this.#mesh.flush();
  }

  get isCongested(): boolean {
    return this.#mesh.heldBytes > congestedBytes;
  }

  get isHolding(): boolean {
    return false;
  }

  get hasIncoming(): boolean {
    return false;
  }

  /** A record has come. */
  received(kind: number, from: number, bytes: Uint8Array, start: number, length: number): void {
    const receiver = this.#receiver;
    if (receiver === undefined) {
      this.#early.push({ kind, from, bytes: bytes.slice(start, start + length) });
      return;
    }
    try {
      const frame = this.#frameOf(kind, from, bytes, start, length);
      if (frame !== undefined) receiver.receive(frame, from);
    } catch (error) {
      receiver.failed(error);
    }
    if (!this.#isPaused && receiver.queueLength > queueHigh) this.#setPaused(true);
  }

  #frameOf(kind: number, from: number, bytes: Uint8Array, start: number, length: number): Reader | undefined {
    if (kind !== RecordKind.frame) {
      const whole = this.#parts.add(kind, from, bytes, start, length);
      return whole === undefined ? undefined : Reader.over(whole);
    }
    // Readers want frames at multiples of 8.
    const target = this.#scratch.bytes;
    if (length <= 64) for (let i = 0; i < length; i++) target[i] = bytes[start + i]!;
    else target.set(bytes.subarray(start, start + length));
    this.#reader.reset(this.#scratch, 0, length, false);
    return this.#reader;
  }

  #setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#mesh.setPaused(isPaused);
  }
}
