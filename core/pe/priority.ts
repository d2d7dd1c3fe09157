/**
 * Message priorities, ordered as in Charm++: lower is more urgent.
 *
 * Every priority is a bit string, compared from its first bit; of two strings of which one begins the other,
 * the shorter is more urgent. An integer p stands for the 32 bits of p + 2^31, so integers and bit vectors share
 * one order. A message without priority ranks after all negative integers and before 0.
 */
import { UsageError } from '../base/errors.ts';
import { HandleKind } from '../message/handle-kinds.ts';
import type { Reader } from '../pup/reader.ts';
import { Handle, writeHandle } from '../pup/value-codec.ts';
import type { Writer } from '../pup/writer.ts';

/** A priority of any length, for tree searches: a child's priority is its parent's plus its own bits. */
export class BitVector extends Handle {
  /** 32 bits a word, first bit on top; unused bits are 0. */
  readonly words: readonly number[];
  readonly length: number;

  constructor(words: readonly number[], length: number) {
    super();
    this.words = words;
    this.length = length;
  }

  [writeHandle](writer: Writer): void {
    writer.u8(HandleKind.bitVector);
    this.write(writer);
  }

  /** @internal */
  write(writer: Writer): void {
    writer.u32(this.length);
    for (const word of this.words) writer.i32(word);
  }

  /** @internal */
  static read(reader: Reader): BitVector {
    const length = reader.u32();
    const words: number[] = [];
    for (let i = 0; i < length; i += 32) words.push(reader.i32());
    return new BitVector(words, length);
  }

  /** The empty vector: the most urgent of all bit vectors that start with 0. */
  static root(): BitVector {
    return new BitVector([], 0);
  }

  /** `BitVector.of('0110')`. */
  static of(bits: string): BitVector {
    let vector = BitVector.root();
    for (const bit of bits) {
      if (bit !== '0' && bit !== '1') throw new UsageError(`a bit vector is made of 0 and 1, not '${bit}'`);
      vector = vector.child(bit === '1' ? 1 : 0, 1);
    }
    return vector;
  }

  /** This vector followed by the low `bits` bits (1 to 32) of `value`. */
  child(value: number, bits: number): BitVector {
    if (!Number.isInteger(bits) || bits < 1 || bits > 32) throw new UsageError(`bits must be 1 to 32, not ${bits}`);
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
      throw new UsageError(`${value} does not fit in ${bits} bits`);
    }
    const words = [...this.words];
    let length = this.length;
    for (let bit = bits - 1; bit >= 0; bit--, length++) {
      if (length % 32 === 0) words.push(0);
      const one = Math.floor(value / 2 ** bit) % 2;
      words[length >>> 5]! |= one << (31 - (length & 31));
    }
    return new BitVector(words, length);
  }
}

/** An integer of 32 bits, or a bit vector. */
export type Priority = number | BitVector;

/** Checks a user's priority. @throws UsageError unless it is a 32-bit integer or a BitVector. */
export function checkPriority(priority: Priority): void {
  if (typeof priority === 'number' ? (priority | 0) !== priority : !(priority instanceof BitVector)) {
    throw new UsageError(
      `a priority is an integer from -2147483648 to 2147483647 or a BitVector, not ${String(priority)}`,
    );
  }
}

/** The bit string of a priority. */
export function toBits(priority: Priority): BitVector {
  return typeof priority === 'number' ? new BitVector([priority ^ 0x80000000], 32) : priority;
}

/** The same priority as an integer if it has 32 bits: one priority must have one form. */
export function toInteger(priority: Priority): Priority {
  if (typeof priority === 'number' || priority.length !== 32) return priority;
  return priority.words[0]! ^ 0x80000000;
}

/** Below 0: `a` is more urgent; above 0: `b` is; 0: equal. */
export function comparePriorities(a: BitVector, b: BitVector): number {
  const words = Math.min(a.words.length, b.words.length);
  for (let i = 0; i < words; i++) {
    const difference = (a.words[i]! >>> 0) - (b.words[i]! >>> 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
