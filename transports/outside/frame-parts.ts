/** Large frames that arrive in parts, several at a time, each from another PE. */
import { CharmError } from '../../core/base/errors.ts';
import { frameBytesMax } from '../../core/pup/writer.ts';
import { unzeroed } from '../frames/unzeroed.ts';
import { RecordKind } from '../threads/ring.ts';

interface Incoming {
  readonly bytes: Uint8Array;
  received: number;
}

export class FrameParts {
  /** By the PE they are from. */
  readonly #incoming = new Map<number, Incoming>();

  /** Takes in a begin record (the frame's length) or a part. Returns the frame when it is whole. @throws CharmError ERR_DECODE */
  add(kind: number, from: number, bytes: Uint8Array, start: number, length: number): Uint8Array | undefined {
    if (kind === RecordKind.begin) {
      this.#incoming.set(from, { bytes: unzeroed(totalIn(from, bytes, start, length)), received: 0 });
      return undefined;
    }
    const incoming = this.#incoming.get(from);
    if (incoming === undefined || incoming.received + length > incoming.bytes.length)
      throw new CharmError('ERR_DECODE', `a part of a frame from PE ${from} came without its beginning`);
    incoming.bytes.set(bytes.subarray(start, start + length), incoming.received);
    incoming.received += length;
    if (incoming.received < incoming.bytes.length) return undefined;
    this.#incoming.delete(from);
    return incoming.bytes;
  }
}

function totalIn(from: number, bytes: Uint8Array, start: number, length: number): number {
  const total = length < 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset + start).getUint32(0, true);
  if (total < 1 || total > frameBytesMax)
    throw new CharmError(
      'ERR_DECODE',
      `a frame of ${total} bytes from PE ${from} is beyond the limit of ${frameBytesMax}`,
    );
  return total;
}
