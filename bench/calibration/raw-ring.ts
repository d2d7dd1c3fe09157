/**
 * The raw shared-memory ring: what a message between two threads costs with nothing but shared memory.
 *
 * One producer and one consumer, both spinning. A record is a length word and the payload, its size rounded up to a
 * power of two so that none is ever split. The producer stores `tail` after every record; the consumer stores `head`
 * after everything that was there. No encoding, no dispatch, no sleeping.
 */
import { median } from '../statistics.ts';

/** Words of one ring's data: 64 KiB. */
const ringWords = 1 << 14;
// Head and tail lie on cache lines of their own.
const tailWord = 0;
const headWord = 32;
const controlWords = 64;

export interface RawRingMemory {
  readonly control: Int32Array;
  readonly data: Int32Array;
}

export function makeRawRing(): RawRingMemory {
  return { control: sharedWords(controlWords), data: sharedWords(ringWords) };
}

export function sharedWords(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * 4));
}

/** Empties a ring; both sides must begin anew after it. */
export function resetRawRing({ control }: RawRingMemory): void {
  Atomics.store(control, tailWord, 0);
  Atomics.store(control, headWord, 0);
}

function recordWords(payloadWords: number): number {
  return 2 ** Math.ceil(Math.log2(payloadWords + 1));
}

export class RawRingWriter {
  readonly #control: Int32Array;
  readonly #data: Int32Array;
  readonly #payload: Int32Array;
  readonly #step: number;
  #tail = 0;
  #head = 0;

  constructor({ control, data }: RawRingMemory, payload: Int32Array) {
    this.#control = control;
    this.#data = data;
    this.#payload = payload;
    this.#step = recordWords(payload.length);
  }

  /** Writes the payload; spins while there is no room. */
  write(): void {
    while (this.#tail - this.#head + this.#step > ringWords) this.#head = Atomics.load(this.#control, headWord);
    const data = this.#data;
    const payload = this.#payload;
    const at = this.#tail & (ringWords - 1);
    data[at] = payload.length;
    for (let i = 0; i < payload.length; i++) data[at + 1 + i] = payload[i]!;
    this.#tail += this.#step;
    Atomics.store(this.#control, tailWord, this.#tail);
  }

  /** Spins until the other side has read everything. */
  finish(): void {
    while (Atomics.load(this.#control, headWord) !== this.#tail);
  }
}

export class RawRingReader {
  readonly #control: Int32Array;
  readonly #data: Int32Array;
  readonly #payload: Int32Array;
  readonly #step: number;
  #head = 0;

  constructor({ control, data }: RawRingMemory, payload: Int32Array) {
    this.#control = control;
    this.#data = data;
    this.#payload = payload;
    this.#step = recordWords(payload.length);
  }

  /** Spins until something has come; reads all of it into the payload. Returns the number of records. */
  read(): number {
    const control = this.#control;
    const payload = this.#payload;
    let tail = Atomics.load(control, tailWord);
    while (tail === this.#head) tail = Atomics.load(control, tailWord);
    const count = (tail - this.#head) / this.#step;
    while (this.#head !== tail) {
      const at = this.#head & (ringWords - 1);
      const length = this.#data[at]!;
      for (let i = 0; i < length; i++) payload[i] = this.#data[at + 1 + i]!;
      this.#head += this.#step;
    }
    Atomics.store(control, headWord, tail);
    return count;
  }
}

/**
 * Times `count` steps in batches, as if all had been like the median batch: milliseconds. Two threads that spin for
 * each other lose whole time slices when another process takes a core; such a batch says nothing about the ring, and
 * a calibration must not flatter what is measured beside it.
 */
function timeBatches(count: number, batch: number, step: (i: number) => void): number {
  const batchesMs: number[] = [];
  for (let i = 0; i < count; ) {
    const start = performance.now();
    for (const end = i + batch; i < end; i++) step(i);
    batchesMs.push(performance.now() - start);
  }
  return (median(batchesMs) * count) / batch;
}

/** Round trips of a batch, about 60 us; counts are multiples of it. */
export const roundsPerBatch = 128;
/** Records of a batch of a stream: twice what the ring holds, so that the pace is that of both sides. */
export const recordsPerBatch = 8192;

/** The side that begins: `count` round trips. Milliseconds. */
export function pingRounds(out: RawRingMemory, back: RawRingMemory, payloadBytes: number, count: number): number {
  const payload = new Int32Array(Math.ceil(payloadBytes / 4));
  const writer = new RawRingWriter(out, payload);
  const reader = new RawRingReader(back, payload);
  return timeBatches(count, roundsPerBatch, (i) => {
    payload[0] = i;
    writer.write();
    reader.read();
  });
}

/** The side that answers. */
export function echoRounds(out: RawRingMemory, back: RawRingMemory, payloadBytes: number, count: number): void {
  const payload = new Int32Array(Math.ceil(payloadBytes / 4));
  const reader = new RawRingReader(out, payload);
  const writer = new RawRingWriter(back, payload);
  for (let i = 0; i < count; i++) {
    reader.read();
    writer.write();
  }
}

/** Writes `count` records, and waits until they have been read. Milliseconds. */
export function writeStream(ring: RawRingMemory, payloadBytes: number, count: number): number {
  const payload = new Int32Array(Math.ceil(payloadBytes / 4));
  const writer = new RawRingWriter(ring, payload);
  const elapsedMs = timeBatches(count, recordsPerBatch, (i) => {
    payload[0] = i;
    writer.write();
  });
  writer.finish();
  return elapsedMs;
}

export function readStream(ring: RawRingMemory, payloadBytes: number, count: number): void {
  const reader = new RawRingReader(ring, new Int32Array(Math.ceil(payloadBytes / 4)));
  let left = count;
  while (left > 0) left -= reader.read();
}
