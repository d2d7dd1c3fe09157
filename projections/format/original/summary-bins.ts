/**
 * The time of one PE cut into bins, for each entry method and for idling, in memory that does not grow with the run:
 *
 *  1. Bins have 1 ms at first, from the start of the run. A row of them is made when its entry method first runs.
 *  2. When time comes behind the last bin, every two become one, and bins are twice as wide.
 *
 * Invariant: whatever was added is in the bins; doubling loses none of it. Adding an interval inside the bin of the last
 * one costs a few nanoseconds.
 */
import { cover } from '../../analysis/bins.ts';
import type { PeSummary, PeSummaryDetail, SummaryHead } from './summary.ts';

const firstWidthNs = 1e6;
/** As the original has. */
const binsMost = 60_000;
/** Numbers of all rows together: 8 MB, twice, for time and for calls. */
const cellsMost = 1 << 19;
const binsLeast = 64;
/** Bins of a new row. */
const firstSize = 64;

export interface SummaryBinsOptions {
  readonly pe: number;
  readonly pes: number;
  readonly entries: number;
  /** PEs whose bins are in the memory of this process. */
  readonly pesHere?: number;
  /** Default: what the entry methods and PEs here leave room for, at most 60,000. Even. */
  readonly binsMax?: number;
}

export class SummaryBins {
  readonly entries: number;
  readonly binsMax: number;
  /** Nanoseconds of a bin. */
  width = firstWidthNs;
  readonly #pe: number;
  readonly #pes: number;
  /** Of every row. */
  #size: number;
  /** Of entry method e: nanoseconds in row 2e, calls in row 2e + 1. Idling is the row behind all of them. */
  readonly #rows: (Float64Array | undefined)[];
  /** Of each entry method: nanoseconds, calls, nanoseconds of the longest. */
  readonly #time: Float64Array;
  readonly #calls: Float64Array;
  readonly #longest: Float64Array;
  /** The bin of the last time, and its edges. */
  #bin = 0;
  #from = 0;
  #to = firstWidthNs;
  #last = 0;

  constructor({ pe, pes, entries, pesHere = 1, binsMax }: SummaryBinsOptions) {
    this.#pe = pe;
    this.#pes = pes;
    this.entries = entries;
    const room = Math.floor(cellsMost / ((entries + 1) * pesHere));
    this.binsMax = binsMax ?? Math.max(binsLeast, Math.min(binsMost, room) & ~1);
    this.#size = Math.min(firstSize, this.binsMax);
    this.#rows = new Array<Float64Array | undefined>(2 * entries + 1).fill(undefined);
    this.#time = new Float64Array(entries);
    this.#calls = new Float64Array(entries);
    this.#longest = new Float64Array(entries);
  }

  /** An execution has begun at `time`. */
  call(entry: number, time: number): void {
    if (time < this.#from || time >= this.#to) this.#seek(time);
    const row = this.#rows[2 * entry + 1] ?? this.#newRow(2 * entry + 1);
    row[this.#bin]! += 1;
    this.#calls[entry]! += 1;
  }

  /** It went on from `from` to `to`. */
  busy(entry: number, from: number, to: number): void {
    this.#time[entry]! += to - from;
    this.#cover(2 * entry, from, to);
  }

  /** It has taken so long in all. */
  took(entry: number, ns: number): void {
    if (ns > this.#longest[entry]!) this.#longest[entry] = ns;
  }

  idle(from: number, to: number): void {
    this.#cover(2 * this.entries, from, to);
  }

  /** The PE was there until this time. */
  reach(time: number): void {
    if (time > this.#last) this.#last = time;
    this.#makeRoom(time);
  }

  #cover(number: number, from: number, to: number): void {
    if (from >= this.#from && to < this.#to) {
      const row = this.#rows[number] ?? this.#newRow(number);
      row[this.#bin]! += to - from;
      return;
    }
    this.#seek(to);
    const row = this.#rows[number] ?? this.#newRow(number);
    cover({ begin: 0, width: this.width, count: this.#size }, row, 0, from, to);
  }

  #seek(time: number): void {
    this.#makeRoom(time);
    if (time > this.#last) this.#last = time;
    this.#bin = Math.floor(time / this.width);
    this.#from = this.#bin * this.width;
    this.#to = this.#from + this.width;
  }

  #makeRoom(time: number): void {
    while (time >= this.width * this.binsMax) this.#double();
    let size = this.#size;
    while (time >= this.width * size) size = Math.min(this.binsMax, size * 2);
    if (size === this.#size) return;
    for (const [number, row] of this.#rows.entries()) {
      if (row === undefined) continue;
      const longer = new Float64Array(size);
      longer.set(row);
      this.#rows[number] = longer;
    }
    this.#size = size;
  }

  #double(): void {
    this.width *= 2;
    for (const row of this.#rows) {
      if (row === undefined) continue;
      const half = Math.ceil(row.length / 2);
      for (let bin = 0; bin < half; bin++) row[bin] = row[2 * bin]! + (row[2 * bin + 1] ?? 0);
      row.fill(0, half);
    }
    this.#bin = 0;
    this.#from = 0;
    this.#to = this.width;
  }

  #newRow(number: number): Float64Array {
    const row = new Float64Array(this.#size);
    this.#rows[number] = row;
    return row;
  }

  /** Numbers in memory. */
  get cells(): number {
    return this.#rows.reduce((sum, row) => sum + (row?.length ?? 0), 0);
  }

  // ---- what is written ----

  get #bins(): number {
    return Math.min(this.binsMax, Math.max(1, Math.ceil(Math.max(this.#last, this.#from + 1) / this.width)));
  }

  #head(): SummaryHead {
    return {
      pe: this.#pe,
      pes: this.#pes,
      bins: this.#bins,
      entries: this.entries,
      binSeconds: this.width / 1e9,
    };
  }

  summary(): PeSummary {
    const head = this.#head();
    const busy = new Float64Array(head.bins);
    for (let entry = 0; entry < this.entries; entry++) {
      const row = this.#rows[2 * entry];
      if (row !== undefined) for (let bin = 0; bin < head.bins; bin++) busy[bin]! += row[bin]!;
    }
    const idle = this.#rows[2 * this.entries] ?? new Float64Array(head.bins);
    const percents = (row: Float64Array): number[] =>
      Array.from(row.subarray(0, head.bins), (ns) => Math.round((100 * ns) / this.width));
    return {
      ...head,
      utilisation: percents(busy),
      idle: percents(idle),
      timeUs: Array.from(this.#time, us),
      calls: Array.from(this.#calls),
      longestUs: Array.from(this.#longest, us),
    };
  }

  detail(): PeSummaryDetail {
    const head = this.#head();
    const timeUs = new Array<number>(head.bins * this.entries).fill(0);
    const calls = timeUs.slice();
    for (let entry = 0; entry < this.entries; entry++) {
      const [time, count] = [this.#rows[2 * entry], this.#rows[2 * entry + 1]];
      const at = entry * head.bins;
      if (time !== undefined) for (let bin = 0; bin < head.bins; bin++) timeUs[at + bin] = us(time[bin]!);
      if (count !== undefined) for (let bin = 0; bin < head.bins; bin++) calls[at + bin] = count[bin]!;
    }
    return { ...head, timeUs, calls };
  }
}

function us(ns: number): number {
  return Math.round(ns / 1000);
}
