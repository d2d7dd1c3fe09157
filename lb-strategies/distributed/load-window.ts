/**
 * What a PE has heard of others: a small window of loads, each with its age.
 *
 * Of two entries of one PE the younger counts. When the window is full, the oldest goes; what has got too old goes
 * anyway. Windows travel as rows of numbers, so that sending one is copying one typed array.
 */
import type { PeState } from './own-pe.ts';

export interface LoadEntry extends PeState {
  readonly pe: number;
  /** Rounds since that PE said so. */
  readonly age: number;
}

/** Numbers of an entry in a message. */
const columns = 6;
type Row = readonly [number, number, number, number, number, number];

export class LoadWindow {
  readonly #entries = new Map<number, LoadEntry>();
  readonly #sizeMax: number;
  readonly #ageMax: number;

  constructor(sizeMax: number, ageMax: number) {
    this.#sizeMax = sizeMax;
    this.#ageMax = ageMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): Iterable<LoadEntry> {
    return this.#entries.values();
  }

  grow(): void {
    for (const entry of this.#entries.values()) {
      if (entry.age >= this.#ageMax) this.#entries.delete(entry.pe);
      else this.#entries.set(entry.pe, { ...entry, age: entry.age + 1 });
    }
  }

  put(entry: LoadEntry): void {
    const known = this.#entries.get(entry.pe);
    if (known !== undefined && known.age < entry.age) return;
    this.#entries.set(entry.pe, entry);
    if (this.#entries.size > this.#sizeMax) this.#entries.delete(this.#oldest());
  }

  forget(): void {
    this.#entries.clear();
  }

  /** The youngest entries, and the one of the sender itself. */
  message(own: LoadEntry | undefined, count: number): Float64Array {
    const sent = [...this.#entries.values()].sort((a, b) => a.age - b.age).slice(0, count);
    if (own !== undefined) sent.push(own);
    const rows = new Float64Array(sent.length * columns);
    for (let i = 0; i < sent.length; i++) {
      const { pe, load, measured, speed, memoryFree, age } = sent[i]!;
      rows.set([pe, load, measured, speed, memoryFree, age], i * columns);
    }
    return rows;
  }

  /** Takes in what another PE has sent. */
  merge(rows: Float64Array, self: number): void {
    for (let i = 0; i < rows.length; i += columns) {
      const [pe, load, measured, speed, memoryFree, age] = rows.subarray(i, i + columns) as unknown as Row;
      if (pe !== self) this.put({ pe, load, measured, speed, memoryFree, age });
    }
  }

  #oldest(): number {
    let oldest = -1;
    let age = -1;
    for (const entry of this.#entries.values()) if (entry.age > age) [oldest, age] = [entry.pe, entry.age];
    return oldest;
  }
}
