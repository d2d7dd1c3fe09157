/**
 * Records between a page and its launcher, many in one message of a WebSocket:
 *
 *     0  u32  length of the payload (low 30 bits) and kind (top 2)
 *     4  u32  PE it is for
 *     8  u32  PE it is from
 *     12 the payload; then the next record
 *
 * A message holds whole records only. Runs in browsers too.
 */
import { CharmError } from '../../core/base/errors.ts';

const headBytes = 12;
const kindShift = 30;
const lengthMask = (1 << kindShift) - 1;
/** As of the streams between processes. */
export const recordBytesMax = 1 << 20;
/** Full enough to be sent. */
const fullBytes = 1 << 16;
/** No message is larger. */
export const batchBytesMax: number = fullBytes + headBytes + recordBytesMax;

export type OnRecord = (
  kind: number,
  to: number,
  from: number,
  bytes: Uint8Array,
  start: number,
  length: number,
) => void;

/** Gathers records for one message. */
export class RecordBatch {
  #bytes = new Uint8Array(fullBytes);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;

  /** Returns true once it should be sent. */
  add(kind: number, to: number, from: number, bytes: Uint8Array, start: number, length: number): boolean {
    const at = this.#used;
    const end = at + headBytes + length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#view.setUint32(at, ((kind << kindShift) | length) >>> 0, true);
    this.#view.setUint32(at + 4, to, true);
    this.#view.setUint32(at + 8, from, true);
    this.#bytes.set(bytes.subarray(start, start + length), at + headBytes);
    this.#used = end;
    return end >= fullBytes;
  }

  /** What was gathered, as bytes of its own; undefined if nothing was. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#used === 0) return undefined;
    const taken = this.#bytes.slice(0, this.#used);
    this.#used = 0;
    return taken;
  }

  #grow(wanted: number): void {
    const larger = new Uint8Array(Math.max(wanted, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Hands over the records of a message; what they hold is valid until `onRecord` returns. @throws CharmError ERR_DECODE */
export function readBatch(bytes: Uint8Array, onRecord: OnRecord): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < headBytes) throw refused(`a record ends after ${bytes.length - at} bytes of its head`);
    const word = view.getUint32(at, true);
    const length = word & lengthMask;
    const left = bytes.length - at - headBytes;
    if (length > recordBytesMax) throw refused(`a record of ${length} bytes, more than ${recordBytesMax}`);
    if (length > left) throw refused(`a record of ${length} bytes, of which ${left} are there`);
    onRecord(
      word >>> kindShift,
      view.getUint32(at + 4, true),
      view.getUint32(at + 8, true),
      bytes,
      at + headBytes,
      length,
    );
    at += headBytes + length;
  }
}

function refused(what: string): CharmError {
  return new CharmError('ERR_DECODE', `${what} came over a WebSocket`);
}
