/**
 * Typed arrays in memory that the PEs of a process share: handed over in messages without a copy.
 *
 *  1. A shared array belongs to one chare at a time: the one that made it, or that got it in a message. Its owner reads and writes.
 *  2. Sending it gives it away: the message carries its place. From then on this object has no `view`.
 *  3. `publish` makes it readable for many and writable for nobody; then it can be sent as often as one likes, in broadcasts too.
 *  4. `release` gives the memory back. Who still holds a handle finds its generation gone.
 *  5. For a PE of another process the link puts the bytes in the place of the reference (`inlineShared`), and decoding there makes an
 *     array in that process's memory.
 *
 * Wire: kind, mode (reference or inline), array type, flags, length, offset (in the heap, or behind the head), generation. The head of a
 * frame with references ends with their positions and their number, and says so in the lowest bit of its own length.
 *
 * Not seen: a plain view that was kept and is used after the array was given away, and use of one handle by two chares of one PE, unless
 * messages are checked (pe/message-check.ts).
 */
import { CharmError, UsageError } from '../base/errors.ts';
import { FrameKind } from '../message/envelope.ts';
import { HandleKind } from '../message/handle-kinds.ts';
import type { Reader } from './reader.ts';
import type { SharedHeap } from './shared-heap.ts';
import { arrayBufferCode, arrayTypes, dataViewCode, Handle, writeHandle } from './value-codec.ts';
import type { Writer } from './writer.ts';

/** Arrays that can be shared. */
export type SharableArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

export interface SharableConstructor<T extends SharableArray> {
  new (buffer: SharedArrayBuffer, offset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
}

/** Frames that go to one receiver. */
const singleKinds: readonly number[] = [
  FrameKind.entry,
  FrameKind.insert,
  FrameKind.migrate,
  FrameKind.future,
  FrameKind.seed,
];

/** How long a reference is, kind byte excluded. */
const Offset = { mode: 0, code: 1, flags: 2, length: 3, at: 11, generation: 19 } as const;
const Mode = { reference: 0, inline: 1 } as const;
const publishedFlag = 1;
/** To the PEs that run a loop together; it stays its owner's. */
const lentFlag = 2;

type Fate = 'here' | 'sent' | 'released' | 'published';

/** What becomes of an array that has been sent, as its former owner is told. */
const fates: Readonly<Record<'sent' | 'released', string>> = {
  sent: 'was sent in a message, and belongs to its receiver now; send a published array, or take a new one from charm.shared',
  released: 'was released',
};

/** A typed array on shared memory; see docs/zero-copy.md. */
export class SharedArray<T extends SharableArray = SharableArray> extends Handle {
  readonly #heap: SharedHeap;
  readonly #code: number;
  readonly #offset: number;
  readonly #generation: number;
  readonly #ownsMemory: boolean;
  #fate: Fate;
  #view: T | undefined = undefined;
  /** Elements. */
  readonly length: number;

  constructor(
    heap: SharedHeap,
    place: { readonly code: number; readonly length: number; readonly offset: number; readonly generation: number },
    fate: 'here' | 'published',
    ownsMemory: boolean,
  ) {
    super();
    this.#heap = heap;
    this.#code = place.code;
    this.length = place.length;
    this.#offset = place.offset;
    this.#generation = place.generation;
    this.#fate = fate;
    this.#ownsMemory = ownsMemory;
  }

  /** A new one, of zeros. */
  static make<T extends SharableArray>(heap: SharedHeap, type: SharableConstructor<T>, length: number): SharedArray<T> {
    const code = arrayTypes.findIndex(({ make }, i) => i > 0 && (make as unknown) === type);
    if (code === -1 || type.name === 'DataView') throw new UsageError('charm.shared takes the class of a typed array');
    if (!Number.isInteger(length) || length < 0)
      throw new UsageError(`the length of a shared array is an integer, 0 or more, not ${length}`);
    const made = SharedArray.#allocate<T>(heap, code, length);
    (made.view as Uint8Array).fill(0 as never);
    return made;
  }

  static #allocate<T extends SharableArray>(heap: SharedHeap, code: number, length: number): SharedArray<T> {
    const offset = heap.allocate(length * arrayTypes[code]!.size);
    return new SharedArray<T>(heap, { code, length, offset, generation: heap.generation(offset) }, 'here', true);
  }

  /** The array. Do not keep it beyond the entry method: this getter notices when the array is not yours any more. @throws UsageError then. */
  get view(): T {
    this.#check('used');
    const { make } = arrayTypes[this.#code]!;
    this.#view ??= new make(this.#heap.buffer, this.#offset, this.length) as unknown as T;
    return this.#view;
  }

  /** True while `view` can be used here. */
  get isUsable(): boolean {
    return (
      (this.#fate === 'here' || this.#fate === 'published') && this.#heap.generation(this.#offset) === this.#generation
    );
  }

  get isPublished(): boolean {
    return this.#fate === 'published';
  }

  /** From now on nobody writes, and it can be sent to many. It lasts until who published it releases it. */
  publish(): this {
    this.#check('published');
    this.#fate = 'published';
    return this;
  }

  /** Gives the memory back. Of published arrays only the publisher's release counts. */
  release(): void {
    this.#check('released');
    this.#fate = 'released';
    this.#view = undefined;
    if (this.#ownsMemory) this.#heap.free(this.#offset, this.#bytes);
  }

  /** The object of its next owner on this PE; this one is sent. */
  static handOver(array: SharedArray): SharedArray {
    if (array.isPublished) return array;
    array.#check('sent');
    const place = { code: array.#code, length: array.length, offset: array.#offset, generation: array.#generation };
    array.#fate = 'sent';
    array.#view = undefined;
    return new SharedArray(array.#heap, place, 'here', true);
  }

  get #bytes(): number {
    return this.length * arrayTypes[this.#code]!.size;
  }

  #check(what: string): void {
    if (this.isUsable) return;
    const fate = this.#fate === 'sent' ? 'sent' : 'released';
    throw new UsageError(`${this.toString()} can't be ${what}: it ${fates[fate]}`, 'ERR_SHARED_ARRAY');
  }

  override toString(): string {
    return `a shared ${arrayTypes[this.#code]!.make.name} of ${this.length}`;
  }

  toJSON(): string {
    return this.toString();
  }

  [writeHandle](writer: Writer): void {
    this.#check('sent');
    const isLent = writer.kind === FrameKind.loop;
    if (!this.isPublished && !this.#ownsMemory)
      throw new UsageError(`${this.toString()} can't be sent: it is only lent to this loop`, 'ERR_SHARED_ARRAY');
    if (!this.isPublished && !isLent && !singleKinds.includes(writer.kind))
      throw new UsageError(
        `${this.toString()} can't be sent to many: only one may own it; publish() it first`,
        'ERR_SHARED_ARRAY',
      );
    writer.u8(HandleKind.sharedArray);
    writer.noteShared();
    writer.u8(Mode.reference);
    writer.u8(this.#code);
    writer.u8(this.isPublished ? publishedFlag : isLent ? lentFlag : 0);
    writer.f64(this.length);
    writer.f64(this.#offset);
    writer.f64(this.#generation);
    if (this.isPublished || isLent) return;
    this.#fate = 'sent';
    this.#view = undefined;
  }

  /** Reads what `writeHandle` wrote, or what became of it on the way to another process. */
  static read(reader: Reader, heap: SharedHeap): SharedArray {
    const mode = reader.u8();
    const code = reader.u8();
    const flags = reader.u8();
    const isPublished = flags === publishedFlag;
    const [length, offset, generation] = [reader.f64(), reader.f64(), reader.f64()];
    const size = code === arrayBufferCode || code === dataViewCode ? undefined : arrayTypes[code]?.size;
    const bytes = length * (size ?? Number.NaN);
    const end = mode === Mode.reference ? heap.buffer.byteLength - offset : reader.limit - reader.start;
    if (!Number.isInteger(bytes) || bytes < 0 || bytes > end || offset % 8 !== 0 || offset < 0)
      throw new CharmError('ERR_DECODE', `a shared array of ${length} of type ${code} at ${offset} does not exist`);
    if (mode === Mode.reference)
      return new SharedArray(
        heap,
        { code, length, offset, generation },
        isPublished ? 'published' : 'here',
        flags === 0,
      );
    const at = reader.attachment(offset, bytes);
    const copy = SharedArray.#allocate(heap, code, length);
    heap.bytes(copy.#offset, bytes).set(reader.bytes.subarray(at, at + bytes));
    return isPublished ? copy.publish() : copy;
  }
}

/** True if a frame refers to shared arrays. */
export function hasShared(bytes: Uint8Array, start = 0): boolean {
  return (bytes[start + 4]! & 1) !== 0;
}

/**
 * The frame with the bytes of its shared arrays in the place of references, for another process. What was handed over is given back
 * to this one's memory.
 */
export function inlineShared(frame: Uint8Array, heap: SharedHeap): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const head = view.getUint32(4, true) - 1;
  const count = view.getUint32(head - 4, true);
  const blocks: { readonly at: number; readonly offset: number; readonly bytes: number; readonly to: number }[] = [];
  let total = frame.length;
  for (let i = 0; i < count; i++) {
    const at = view.getUint32(head - 4 * (count + 1 - i), true);
    const { size } = arrayTypes[frame[at + Offset.code]!]!;
    const bytes = view.getFloat64(at + Offset.length, true) * size;
    blocks.push({ at, bytes, offset: view.getFloat64(at + Offset.at, true), to: total });
    total += (bytes + 7) & ~7;
  }
  const whole = new Uint8Array(total);
  whole.set(frame);
  const target = new DataView(whole.buffer);
  target.setUint32(4, head, true);
  for (const { at, offset, bytes, to } of blocks) {
    whole.set(heap.bytes(offset, bytes), to);
    whole[at] = Mode.inline;
    target.setFloat64(at + Offset.at, to - head, true);
    if ((frame[at + Offset.flags]! & publishedFlag) === 0) heap.free(offset, bytes);
  }
  return whole;
}
