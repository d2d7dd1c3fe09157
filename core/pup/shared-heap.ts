/**
 * The memory of a process that its PEs share for arrays: blocks that any of them can take and give back.
 *
 * One growing SharedArrayBuffer, which every thread has from the start; so a block is named by a number and needs no message
 * that brings its memory. Blocks are of certain sizes (four to each power of two). A free block waits in the list of its
 * size; a new one comes from the end of the memory.
 *
 * Layout: control words, then blocks. A block begins at a multiple of 64 with 64 bytes of head: its generation, one more with
 * each `free`, and the next in its free list. Then the data.
 *
 *  Lists: a head is 64 bits, a tag and the unit number of the first block; both change in one compare-and-exchange. The tag, one more
 *  with each change, keeps a thread that was interrupted in the middle from putting back what is old.
 *
 * Invariants: a block is in a list or belongs to somebody; its size never changes; generations only grow. Memory is never
 * given back to the system before the process ends.
 *
 * Limit: 4 GiB a process, the most that such a buffer can have in Node.js 20.
 */
import { CharmError } from '../base/errors.ts';

const unitBytes = 64;
const headBytes = unitBytes;
/** In the head, as 32-bit words. */
const generationWord = 0;
const nextWord = 1;
/** Words of the control area; its lists are 64 bits each. */
const firstFreeUnitWord = 0;
const listsAt = 8;
const classesMax = 128;
const controlBytes = listsAt * 8 + classesMax * 8;
const sizesBytes = [2 ** 32, 2 ** 31, 2 ** 30, 2 ** 28];
const growBytesMin = 1 << 22;

interface GrowableBuffer extends SharedArrayBuffer {
  grow(bytes: number): void;
  readonly maxByteLength: number;
}

/** Its memory is only addresses until it is used. @throws RangeError if not even these can be had. */
export function makeHeapBuffer(): SharedArrayBuffer {
  const make = SharedArrayBuffer as unknown as new (
    bytes: number,
    options: { maxByteLength: number },
  ) => GrowableBuffer;
  for (const maxByteLength of sizesBytes) {
    try {
      return new make(controlBytes, { maxByteLength });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return new make(controlBytes, { maxByteLength: growBytesMin });
}

/** 2^k, and 5/4, 6/4 and 7/4 of it: the smallest that holds `bytes`. */
function classOf(bytes: number): { readonly number: number; readonly bytes: number } {
  const power = Math.max(8, Math.ceil(Math.log2(Math.max(bytes, 1))) - 1);
  for (let quarter = 0; quarter < 4; quarter++) {
    const size = 2 ** power * (1 + quarter / 4);
    if (size >= bytes) return { number: (power - 8) * 4 + quarter, bytes: size };
  }
  return { number: (power - 7) * 4, bytes: 2 ** (power + 1) };
}

export class SharedHeap {
  readonly buffer: SharedArrayBuffer;
  readonly #control: Int32Array;
  readonly #lists: BigInt64Array;
  #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#control = new Int32Array(buffer, 0, listsAt * 2);
    this.#lists = new BigInt64Array(buffer, listsAt * 8, classesMax);
    this.#words = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
    Atomics.compareExchange(this.#control, firstFreeUnitWord, 0, Math.ceil(controlBytes / unitBytes));
  }

  /** Offset of the data of a block for `bytes`; what is in it is left from earlier. @throws CharmError ERR_RESOURCES */
  allocate(bytes: number): number {
    const size = classOf(bytes);
    const unit = this.#pop(size.number) ?? this.#extend(size.bytes);
    return unit * unitBytes + headBytes;
  }

  /** Gives a block for `bytes` back. Who still has its generation can see that it is gone. */
  free(offset: number, bytes: number): void {
    const unit = (offset - headBytes) / unitBytes;
    Atomics.add(this.#wordsTo(offset), this.#headOf(offset) + generationWord, 1);
    this.#push(classOf(bytes).number, unit);
  }

  generation(offset: number): number {
    return Atomics.load(this.#wordsTo(offset), this.#headOf(offset) + generationWord);
  }

  /** The data of a block as bytes. */
  bytes(offset: number, length: number): Uint8Array {
    return new Uint8Array(this.buffer, offset, length);
  }

  #headOf(offset: number): number {
    return (offset - headBytes) >>> 2;
  }

  /** The memory as words, up to `offset` at least: another thread may have made it grow. */
  #wordsTo(offset: number): Int32Array {
    if (offset > this.#words.byteLength) this.#words = new Int32Array(this.buffer, 0, this.buffer.byteLength >>> 2);
    return this.#words;
  }

  #pop(list: number): number | undefined {
    for (;;) {
      const head = Atomics.load(this.#lists, list);
      const unit = Number(head & 0xffffffffn);
      if (unit === 0) return undefined;
      const words = this.#wordsTo((unit + 1) * unitBytes);
      const next = Atomics.load(words, (unit * unitBytes) / 4 + nextWord);
      if (this.#replace(list, head, next)) return unit;
    }
  }

  #push(list: number, unit: number): void {
    const words = this.#wordsTo((unit + 1) * unitBytes);
    for (;;) {
      const head = Atomics.load(this.#lists, list);
      Atomics.store(words, (unit * unitBytes) / 4 + nextWord, Number(head & 0xffffffffn));
      if (this.#replace(list, head, unit)) return;
    }
  }

  #replace(list: number, head: bigint, unit: number): boolean {
    const tag = ((head >> 32n) + 1n) & 0x7fffffffn;
    return Atomics.compareExchange(this.#lists, list, head, (tag << 32n) | BigInt(unit)) === head;
  }

  /** Unit number of a new block. */
  #extend(bytes: number): number {
    const units = Math.ceil((headBytes + bytes) / unitBytes);
    const buffer = this.buffer as GrowableBuffer;
    const unit = Atomics.load(this.#control, firstFreeUnitWord);
    const end = (unit + units) * unitBytes;
    if (end > buffer.maxByteLength)
      throw new CharmError(
        'ERR_RESOURCES',
        `the ${Math.round(buffer.maxByteLength / 2 ** 20)} MiB for shared arrays of this process are full; release what is no longer used`,
      );
    this.#grow(buffer, end);
    if (Atomics.compareExchange(this.#control, firstFreeUnitWord, unit, unit + units) !== unit)
      return this.#extend(bytes);
    return unit;
  }

  #grow(buffer: GrowableBuffer, bytes: number): void {
    while (buffer.byteLength < bytes) {
      const wanted = Math.min(buffer.maxByteLength, Math.max(bytes, buffer.byteLength + growBytesMin));
      try {
        buffer.grow(wanted);
      } catch (error) {
        // Another thread has made it larger meanwhile, or there is no more memory.
        if (buffer.byteLength < bytes && buffer.byteLength < wanted) {
          const text = `${bytes} bytes for shared arrays of this process could not be had`;
          throw new CharmError('ERR_RESOURCES', text, undefined, { cause: error });
        }
      }
    }
  }
}
