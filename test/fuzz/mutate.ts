/** New inputs from old ones. Everything is drawn from one seeded source. */
import { SeededRandom } from '../../core/base/random.ts';

const lengthMax = 1 << 16;
/** Where lengths and counts go wrong. */
const edges = [0, 1, 2, 7, 8, 63, 64, 127, 128, 255, 256, 4095, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff];

export class Mutator {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed, 1);
  }

  below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** A few changes, one after the other; `others` lend pieces. */
  mutate(input: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
    let bytes = Uint8Array.from(input);
    for (let changes = 1 + this.below(4); changes > 0; changes--) bytes = this.#change(bytes, this.pick(others));
    return bytes.subarray(0, lengthMax);
  }

  #change(bytes: Uint8Array<ArrayBuffer>, other: Uint8Array): Uint8Array<ArrayBuffer> {
    const at = this.below(bytes.length + 1);
    const kind = this.below(9);
    if (kind === 0)
      return splice(
        bytes,
        at,
        0,
        Uint8Array.from({ length: 1 + this.below(8) }, () => this.below(256)),
      );
    if (kind === 1) return splice(bytes, at, 1 + this.below(16), new Uint8Array(0));
    if (kind === 2) {
      const from = this.below(other.length + 1);
      return splice(bytes, at, this.below(8), other.subarray(from, from + 1 + this.below(64)));
    }
    if (kind === 3) return bytes.slice(0, at);
    if (kind === 4) return splice(bytes, at, 0, bytes.subarray(at, at + 1 + this.below(32)));
    if (at >= bytes.length) return bytes;
    if (kind === 5) bytes[at]! ^= 1 << this.below(8);
    else if (kind === 6) bytes[at] = this.below(256);
    else if (kind === 7) bytes[at] = bytes[at]! + (this.below(2) === 0 ? 1 : 255);
    else if (at + 4 <= bytes.length) new DataView(bytes.buffer).setUint32(at, this.pick(edges), true);
    return bytes;
  }
}

function splice(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array<ArrayBuffer> {
  const rest = bytes.subarray(Math.min(at + removed, bytes.length));
  const made = new Uint8Array(at + added.length + rest.length);
  made.set(bytes.subarray(0, at));
  made.set(added, at);
  made.set(rest, at + added.length);
  return made;
}
