/**
 * The receiving side of a reliable channel: puts packets in order, drops doubles, and joins the parts of long frames.
 *
 *  1. The packet that is expected is handed on from where it lies, without a copy; then those that waited behind it.
 *  2. One from the window ahead is kept until its turn; all others are doubles, or not ours yet, and dropped.
 *  3. While the owner has no room for another frame the window stands still: senders cannot go further than 128 packets.
 *
 * Invariant: at most 128 packets and the parts of one frame are kept.
 */
import { CharmError } from '../../core/base/errors.ts';
import type { FrameMemory } from '../../core/pup/frame-memory.ts';
import { copyWords, type FrameStore, StoredFrame } from '../frames/frame-store.ts';
import { selectiveWords, windowPackets } from './packet.ts';

const mask = windowPackets - 1;

class Kept extends StoredFrame {
  isPart = false;
}

/** Who gets the frames. */
export interface FrameOwner {
  /** False: another frame would be too much now. `ReliableChannel.resume` says that there is room again. */
  hasRoom(): boolean;
  /** A frame, once and in order. Its memory is used again afterwards. */
  deliver(memory: FrameMemory, offset: number, bytes: number): void;
}

export class ReceiveWindow {
  /** Number of the packet that is to come next. */
  expected = 0;
  /** What has come already behind it: bit i is for `expected` + 1 + i. */
  readonly selective = new Int32Array(selectiveWords);
  /** Packets that had come before, for reports. */
  doubles = 0;
  keptBytes = 0;
  readonly #slots = new Array<Kept | undefined>(windowPackets).fill(undefined);
  readonly #parts: StoredFrame[] = [];
  #partBytes = 0;
  readonly #store: FrameStore;
  readonly #owner: FrameOwner;
  readonly #frameBytesMax: number;

  constructor(store: FrameStore, owner: FrameOwner, frameBytesMax: number) {
    this.#store = store;
    this.#owner = owner;
    this.#frameBytesMax = frameBytesMax;
  }

  /** Takes a packet's payload in. Returns true if it was the one that was expected, and nothing is missing before others. */
  take(sequence: number, isPart: boolean, memory: FrameMemory, offset: number, bytes: number): boolean {
    const ahead = (sequence - this.expected) | 0;
    if (ahead < 0 || ahead >= windowPackets || this.#slots[sequence & mask] !== undefined) {
      this.doubles++;
      return false;
    }
    if (ahead === 0 && this.#handOn(isPart, memory, offset, bytes)) {
      this.#advance();
      const wasGap = this.#slots[this.expected & mask] !== undefined;
      this.drain();
      return !wasGap;
    }
    const kept = new Kept();
    kept.isPart = isPart;
    this.#store.putBytes(memory, offset, bytes, kept);
    this.#slots[sequence & mask] = kept;
    this.keptBytes += bytes;
    if (ahead > 0) this.selective[(ahead - 1) >> 5]! |= 1 << ((ahead - 1) & 31);
    return false;
  }

  /** Hands on what is in order, as long as there is room. */
  drain(): void {
    for (;;) {
      const kept = this.#slots[this.expected & mask];
      if (kept === undefined) return;
      if (!this.#handOn(kept.isPart, kept.chunk.memory, kept.offset, kept.bytes)) return;
      this.#slots[this.expected & mask] = undefined;
      this.keptBytes -= kept.bytes;
      this.#store.release(kept);
      this.#advance();
    }
  }

  #advance(): void {
    this.expected = (this.expected + 1) | 0;
    const { selective } = this;
    for (let i = 0; i < selectiveWords; i++)
      selective[i] = (selective[i]! >>> 1) | ((i + 1 < selectiveWords ? selective[i + 1]! : 0) << 31);
  }

  /** Returns false if there is no room. */
  #handOn(isPart: boolean, memory: FrameMemory, offset: number, bytes: number): boolean {
    if (!isPart && !this.#owner.hasRoom()) return false;
    if (!isPart && this.#parts.length === 0) {
      this.#owner.deliver(memory, offset, bytes);
      return true;
    }
    this.#partBytes += bytes;
    if (this.#partBytes > this.#frameBytesMax)
      throw new CharmError('ERR_DECODE', `a frame of more than ${this.#frameBytesMax} bytes comes in parts`);
    const part = new StoredFrame();
    this.#store.putBytes(memory, offset, bytes, part);
    this.#parts.push(part);
    if (!isPart) this.#join();
    return true;
  }

  #join(): void {
    const whole = new StoredFrame();
    this.#store.reserve(this.#partBytes, whole);
    let at = whole.offset;
    for (const part of this.#parts) {
      copyWords(part.chunk.memory, part.offset, whole.chunk.memory, at, part.bytes);
      at += part.bytes;
      this.#store.release(part);
    }
    this.#parts.length = 0;
    this.#partBytes = 0;
    this.#owner.deliver(whole.chunk.memory, whole.offset, whole.bytes);
    this.#store.release(whole);
  }
}
