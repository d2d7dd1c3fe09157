/**
 * The log of one PE: what its thread did that did not follow from what it had done before, step by step.
 *
 *     run n            tasks are run, up to n of them ...
 *     frame p ...      ... before the p-th pick a frame is taken in: from which PE, and what it is
 *     done n           ... and n tasks and frames were processed
 *     microtask, turn  promises go on: for one microtask turn, or until none is left
 *     arrival ...      a frame comes between all this, by sockets of this thread: from which PE, and what it is
 *     arrived          promises go on because of it, until none is left
 *     idle             the PE has nothing to do
 *     timer n          the n-th timer is over
 *     outside n        the n-th promise given to charm.track has settled
 *     clock t          the clock was read
 *     probe b          whether timers and I/O of the program are open
 *     vitals ...       how the host sees its PE was asked for: three numbers
 *     check            PE 0 asks whether the job is stuck
 *
 * Numbers are written 7 bits to a byte. A message costs 5 bytes if it came from another PE, and none if it did not.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

export const Step = {
  run: 1,
  frame: 2,
  done: 3,
  microtask: 4,
  turn: 5,
  idle: 6,
  timer: 7,
  outside: 8,
  clock: 9,
  probe: 10,
  check: 11,
  vitals: 12,
  arrival: 13,
  arrived: 14,
} as const;

export const stepNames: readonly string[] = ['', ...Object.keys(Step)];

const bufferBytes = 1 << 16;
/** The longest step. */
const stepBytesMax = 64;

export class LogWriter {
  readonly #file: number;
  readonly #bytes = new Uint8Array(bufferBytes);
  readonly #view = new DataView(this.#bytes.buffer);
  #at = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  /** Begins a step: a tag and numbers. */
  step(tag: number, a = -1, b = -1, c = -1, d = -1, e = -1): void {
    if (this.#at > bufferBytes - stepBytesMax) this.flush();
    this.#bytes[this.#at++] = tag;
    if (a >= 0) this.#number(a);
    if (b >= 0) this.#number(b);
    if (c >= 0) this.#number(c);
    if (d >= 0) this.#number(d);
    if (e >= 0) this.#number(e);
  }

  /** A step with numbers of any kind. */
  floats(tag: number, ...values: readonly number[]): void {
    this.step(tag);
    for (const value of values) {
      this.#view.setFloat64(this.#at, value, true);
      this.#at += 8;
    }
  }

  flush(): void {
    for (let from = 0; from < this.#at; ) from += writeSync(this.#file, this.#bytes, from, this.#at - from);
    this.#at = 0;
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }

  #number(value: number): void {
    let left = value;
    while (left > 127) {
      this.#bytes[this.#at++] = (left % 128) | 128;
      left = Math.floor(left / 128);
    }
    this.#bytes[this.#at++] = left;
  }
}

export class LogReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  /** Steps read so far, for reports. */
  count = 0;

  constructor(path: string) {
    this.#bytes = new Uint8Array(readFileSync(path));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** The next step's tag; 0 at the end of the log. */
  get next(): number {
    return this.#bytes[this.#at] ?? 0;
  }

  /** The first number of the next step. */
  get nextNumber(): number {
    const at = this.#at++;
    const value = this.number();
    this.#at = at;
    return value;
  }

  /** Goes past the next step's tag. */
  enter(): void {
    this.#at++;
    this.count++;
  }

  number(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  float(): number {
    const at = this.#at;
    this.#at += 8;
    return this.#at <= this.#bytes.length ? this.#view.getFloat64(at, true) : 0;
  }
}
