/** Messages of all sizes, from nothing to far more than a buffer between PEs, cross each other intact. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';
import type { ThemeOptions } from './theme.ts';

const small = [0, 1, 7, 8, 9, 63, 64, 65, 511, 512, 513, 1023, 4095, 4096, 4097, 65_537];
/** Only under load. */
const large = [1 << 20, (1 << 20) + 3, 5_000_001];

function fill(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1 + (length >>> 12)) bytes[i] = i * 31 + seed;
  if (length > 0) bytes[length - 1] = seed;
  return bytes;
}

export class SizeBranch extends Chare {
  _received = 0;

  /** Sends everything to everyone, then hears as much from everyone. */
  begin(sizes: readonly number[], done: Future<number>): void {
    for (const size of sizes) {
      for (let pe = 0; pe < this.charm.pes; pe++) {
        const bytes = fill(size, this.index);
        const words = new Int16Array(fill(2 * (size % 1000), this.index).buffer);
        this.group.at(pe).take(this.index, size, bytes, 'x'.repeat(size % 300), words, sizes.length, done);
      }
    }
  }

  take(
    from: number,
    size: number,
    bytes: Uint8Array,
    text: string,
    words: Int16Array,
    sizes: number,
    done: Future<number>,
  ): void {
    assert(Buffer.compare(bytes, fill(size, from)) === 0, `${size} bytes from PE ${from} are damaged`);
    assert.equal(text, 'x'.repeat(size % 300));
    assert.deepEqual(words, new Int16Array(fill(2 * (size % 1000), from).buffer));
    this._received++;
    if (this._received === sizes * this.charm.pes) this.contribute(this._received, Reducer.sum, done);
  }
}

export async function varSize(charm: Charm, { load }: ThemeOptions): Promise<void> {
  const sizes = load > 1 ? [...small, ...large] : small;
  const group = await charm.group(SizeBranch);
  const done = charm.future<number>();
  group.all.begin(sizes, done);
  assert.equal(await done.get(), sizes.length * charm.pes ** 2);
}
