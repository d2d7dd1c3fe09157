/**
 * Frames that found no room in a ring, in the order they were sent.
 *
 * Small frames are packed into chunks of bytes, a length word before each, so that a burst of a million messages costs
 * memory for its bytes and not a million objects. A large frame is one item: its head copied, its attachments by
 * reference, sent in parts as room appears.
 */
import Denque from 'denque';
import type { Writer } from '../../core/pup/writer.ts';
import { RecordKind, type RingProducer } from './ring.ts';

const chunkBytes = 1 << 16;
/** Parts of a large frame: small enough that the receiver copies one while the sender writes the next. */
const partBytesMax = 1 << 16;

/** Some bytes that wait; `push` returns true once all of them are in the ring. */
interface Item {
  push(ring: RingProducer): boolean;
}

export class Spill {
  readonly #items = new Denque<Item>();
  /** The chunk that small frames are added to, if it is the last item. */
  #open: Chunk | undefined = undefined;

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Keeps the sealed frame in `writer`; a record of the ring holds up to `recordBytesMax`. */
  keep(writer: Writer, recordBytesMax: number): void {
    if (writer.attachmentBytes === 0 && writer.position <= Math.min(chunkBytes / 4, recordBytesMax))
      return this.keepSmall(writer.bytes, 0, writer.position);
    this.keepLarge([writer.bytes.slice(0, writer.position), ...writer.attachments], writer.frameBytes);
  }

  keepSmall(bytes: Uint8Array, start: number, length: number): void {
    if (this.#open === undefined || !this.#open.hasRoom(length)) {
      this.#open = new Chunk();
      this.#items.push(this.#open);
    }
    this.#open.add(bytes, start, length);
  }

  keepLarge(segments: readonly Uint8Array[], total: number): void {
    this.#open = undefined;
    this.#items.push(new LargeFrame(segments, total));
  }

  /** Moves what fits into the ring. Returns true if anything was moved. */
  push(ring: RingProducer): boolean {
    const before = ring.committed;
    for (let item = this.#items.peekFront(); item?.push(ring) === true; item = this.#items.peekFront()) {
      if (item === this.#open) this.#open = undefined;
      this.#items.shift();
    }
    return ring.committed !== before;
  }
}

/** Small frames: a length word, padding to 8, the frame; again. */
class Chunk implements Item {
  readonly #bytes = new Uint8Array(chunkBytes);
  readonly #words = new Int32Array(this.#bytes.buffer);
  #written = 0;
  #pushed = 0;

  hasRoom(length: number): boolean {
    return this.#written + 8 + ((length + 7) & ~7) <= chunkBytes;
  }

  add(bytes: Uint8Array, start: number, length: number): void {
    this.#words[this.#written >>> 2] = length;
    const at = this.#written + 8;
    if (length > 128) this.#bytes.set(bytes.subarray(start, start + length), at);
    else for (let i = 0; i < length; i++) this.#bytes[at + i] = bytes[start + i]!;
    this.#written = at + ((length + 7) & ~7);
  }

  push(ring: RingProducer): boolean {
    while (this.#pushed < this.#written) {
      const length = this.#words[this.#pushed >>> 2]!;
      const offset = ring.reserve(length);
      if (offset === -1) return false;
      copyWords(ring, offset, this.#words, (this.#pushed + 8) >>> 2, length);
      ring.commit(offset, length, RecordKind.frame);
      this.#pushed += 8 + ((length + 7) & ~7);
    }
    return true;
  }
}

/** A frame sent as a begin record (total length) and parts. */
class LargeFrame implements Item {
  readonly #segments: readonly Uint8Array[];
  readonly #total: number;
  #isBegun = false;
  #segment = 0;
  #offset = 0;
  #sent = 0;

  constructor(segments: readonly Uint8Array[], total: number) {
    this.#segments = segments;
    this.#total = total;
  }

  push(ring: RingProducer): boolean {
    if (!this.#isBegun && !this.#begin(ring)) return false;
    while (this.#sent < this.#total) {
      const length = Math.min(this.#total - this.#sent, partBytesMax, ring.payloadBytesMax);
      const offset = ring.reserve(length);
      if (offset === -1) return false;
      this.#copyNext(ring.bytes, offset, length);
      ring.commit(offset, length, RecordKind.part);
    }
    return true;
  }

  #begin(ring: RingProducer): boolean {
    const offset = ring.reserve(8);
    if (offset === -1) return false;
    ring.words[offset >>> 2] = this.#total;
    ring.commit(offset, 8, RecordKind.begin);
    this.#isBegun = true;
    return true;
  }

  #copyNext(target: Uint8Array, offset: number, count: number): void {
    this.#sent += count;
    for (let left = count; left > 0; ) {
      const segment = this.#segments[this.#segment]!;
      // Segments stand at multiples of 8; what is in the gap does not matter.
      const padded = (segment.length + 7) & ~7;
      const here = Math.min(left, padded - this.#offset);
      const data = Math.min(here, segment.length - this.#offset);
      if (data > 0) target.set(segment.subarray(this.#offset, this.#offset + data), offset + count - left);
      left -= here;
      this.#offset += here;
      if (this.#offset === padded) {
        this.#segment++;
        this.#offset = 0;
      }
    }
  }
}

/** Copies a small frame word by word, which beats the call of a native copy. */
export function copyWords(ring: RingProducer, offset: number, words: Int32Array, first: number, length: number): void {
  const target = ring.words;
  const at = offset >>> 2;
  const count = (length + 3) >>> 2;
  for (let i = 0; i < count; i++) target[at + i] = words[first + i]!;
}
