/**
 * The outgoing side of the wire: one growable arena per PE, reused for every frame.
 *
 * A frame is built in three steps: `begin(kind)` writes the fixed header, the caller appends fields and
 * values, `end()` seals it. The sealed frame is valid until the next `begin`: a link copies it out.
 *
 * Large typed arrays are not copied into the arena. They are kept as attachments, in order, and the link
 * copies them straight from the sender's array to their destination:
 *
 *     | head (arena) | pad to 8 | attachment 0 | pad to 8 | attachment 1 | ...
 *
 * Invariants: a frame starts at offset 0; `head` is a multiple of 8 bytes; attachments start at multiples of 8.
 */
import { CharmError } from '../base/errors.ts';
import { type FrameKind, headerBytes } from '../message/envelope.ts';
import { FrameMemory } from './frame-memory.ts';
import type { ClassTable } from './value-codec.ts';

/** From this size on an array travels as an attachment. Below it one more memcpy is cheaper than a second segment. */
export const attachmentBytesMin = 4096;

/** No frame may be larger (S9 of the limits in docs/errors.md). */
export const frameBytesMax = 1 << 30;

const initialBytes = 1 << 16;
const utf8 = new TextEncoder();
const noClasses: ClassTable = {
  numberOf: () => -1,
  prototypeOf: (number) => {
    throw new CharmError('ERR_DECODE', `there is no class ${number}`);
  },
};

export class Writer {
  /** The program's value classes. */
  readonly classes: ClassTable;
  memory = new FrameMemory(new ArrayBuffer(initialBytes));
  bytes: Uint8Array = this.memory.bytes;
  view: DataView = this.memory.view;
  position = 0;
  readonly attachments: Uint8Array[] = [];
  attachmentBytes = 0;
  /** Where references to shared arrays stand; see shared-array.ts. */
  #shared: number[] | undefined = undefined;

  constructor(classes: ClassTable = noClasses) {
    this.classes = classes;
  }

  /** Header: kind, flags, a 16-bit field, head length (filled by `end`), collection, source PE. See envelope.ts. */
  begin(kind: FrameKind, flags: number, small: number, collection: number, source: number): void {
    const view = this.view;
    view.setUint8(0, kind);
    view.setUint8(1, flags);
    view.setUint16(2, small, true);
    view.setUint32(8, collection, true);
    view.setUint32(12, source, true);
    this.position = headerBytes;
    this.#shared = undefined;
    if (this.attachmentBytes > 0) {
      this.attachments.length = 0;
      this.attachmentBytes = 0;
    }
  }

  /** What frames to one element begin with; `flags` of `begin` must say whether the key is text. `event` is for traces. */
  elementPrefix(key: number | string, epoch: number, event = 0): void {
    this.i32(epoch);
    this.u32(event);
    if (typeof key === 'number') this.f64(key);
    else this.text(key);
  }

  /** Seals the frame: pads the head to 8 bytes and records its length. */
  end(): void {
    if (this.#shared !== undefined) return this.#endShared(this.#shared);
    this.#seal();
  }

  #seal(): void {
    const head = (this.position + 7) & ~7;
    if (head > this.position) this.#reserve(8);
    while (this.position < head) this.bytes[this.position++] = 0;
    this.view.setUint32(4, head, true);
    if (head + this.attachmentBytes > frameBytesMax) {
      throw new CharmError(
        'ERR_MESSAGE_TOO_LARGE',
        `a message of ${head + this.attachmentBytes} bytes exceeds the limit of ${frameBytesMax}; send it in pieces`,
      );
    }
  }

  /** A reference to a shared array follows. */
  noteShared(): void {
    this.#shared ??= [];
    this.#shared.push(this.position);
  }

  /** True if the frame refers to shared arrays. */
  get hasShared(): boolean {
    return this.#shared !== undefined;
  }

  /** Positions and number of the references, at the end of the head; the lowest bit of its length tells of them. */
  #endShared(positions: readonly number[]): void {
    const bytes = 4 * (positions.length + 1);
    while ((this.position + bytes) % 8 !== 0) this.u8(0);
    for (const position of positions) this.u32(position);
    this.u32(positions.length);
    this.#seal();
    this.view.setUint32(4, this.position | 1, true);
  }

  /** Kind of the frame. */
  get kind(): number {
    return this.bytes[0]!;
  }

  /** Bytes of the whole sealed frame, attachments included. */
  get frameBytes(): number {
    return this.position + this.attachmentBytes;
  }

  /** The sealed frame, attachments included, in memory of its own. */
  copyFrame(): Uint8Array {
    const copy = new Uint8Array(this.frameBytes);
    copy.set(this.bytes.subarray(0, this.position));
    let at = this.position;
    for (const attachment of this.attachments) {
      copy.set(attachment, at);
      at += (attachment.length + 7) & ~7;
    }
    return copy;
  }

  u8(value: number): void {
    if (this.position + 1 > this.bytes.length) this.#reserve(1);
    this.bytes[this.position++] = value;
  }

  u16(value: number): void {
    if (this.position + 2 > this.bytes.length) this.#reserve(2);
    this.view.setUint16(this.position, value, true);
    this.position += 2;
  }

  u32(value: number): void {
    if (this.position + 4 > this.bytes.length) this.#reserve(4);
    this.view.setUint32(this.position, value, true);
    this.position += 4;
  }

  i32(value: number): void {
    if (this.position + 4 > this.bytes.length) this.#reserve(4);
    this.view.setInt32(this.position, value, true);
    this.position += 4;
  }

  f64(value: number): void {
    if (this.position + 8 > this.bytes.length) this.#reserve(8);
    this.view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  /** Length-prefixed UTF-8; one byte a character, without the encoder, while the text is short ASCII. */
  text(value: string): void {
    const length = value.length;
    this.#reserve(4 + length * 3);
    const start = this.position + 4;
    if (length <= 64) {
      let i = 0;
      for (; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code > 127) break;
        this.bytes[start + i] = code;
      }
      if (i === length) {
        this.view.setUint32(this.position, length, true);
        this.position = start + length;
        return;
      }
    }
    const { written } = utf8.encodeInto(value, this.bytes.subarray(start));
    this.view.setUint32(this.position, written, true);
    this.position = start + written;
  }

  /**
   * Makes room for `length` raw bytes at the next multiple of 8, so that any typed array can be read in place.
   * Returns where; the caller fills them in.
   */
  aligned(length: number): number {
    const start = (this.position + 7) & ~7;
    this.#reserve(start - this.position + length);
    this.position = start + length;
    return start;
  }

  /** Adds an attachment; returns its offset behind the head. */
  attach(data: Uint8Array): number {
    const offset = this.attachmentBytes;
    this.attachments.push(data);
    this.attachmentBytes += (data.length + 7) & ~7;
    return offset;
  }

  #reserve(more: number): void {
    const needed = this.position + more;
    if (needed <= this.bytes.length) return;
    let size = this.bytes.length;
    while (size < needed) size *= 2;
    if (size > frameBytesMax * 2) {
      throw new CharmError('ERR_MESSAGE_TOO_LARGE', `a message grew beyond ${frameBytesMax} bytes; send it in pieces`);
    }
    const grown = new FrameMemory(new ArrayBuffer(size));
    grown.bytes.set(this.bytes.subarray(0, this.position));
    this.memory = grown;
    this.bytes = grown.bytes;
    this.view = grown.view;
  }
}
