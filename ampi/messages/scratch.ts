/** Eight bytes seen as numbers of each kind: short messages go as two integers, since making a view costs 100 ns. */
import { bytesOf, type Payload, Place } from '../datatype/place.ts';
import type { Envelope } from './envelope.ts';
import type { Target } from './receive.ts';

export const tinyBytesMax = 8;

export class Scratch {
  readonly ints: Int32Array;
  private readonly doubles: Float64Array;
  private readonly bytes: Uint8Array;

  constructor() {
    const memory = new ArrayBuffer(8);
    this.ints = new Int32Array(memory);
    this.doubles = new Float64Array(memory);
    this.bytes = new Uint8Array(memory);
  }

  /** The payload is in `ints` afterwards. */
  load(payload: Payload): void {
    const { ints } = this;
    if (payload instanceof Float64Array) {
      if (payload.length > 0) this.doubles[0] = payload[0]!;
    } else if (payload instanceof Int32Array) {
      ints[0] = payload.length > 0 ? payload[0]! : 0;
      ints[1] = payload.length > 1 ? payload[1]! : 0;
    } else {
      const bytes = bytesOf(payload);
      for (let i = 0; i < bytes.length; i++) this.bytes[i] = bytes[i]!;
    }
  }

  /** Puts the data of a tiny message where they belong. */
  put(target: Exclude<Target, undefined>, { lo, hi, size }: Envelope): void {
    const { ints } = this;
    if (target instanceof Int32Array && (size & 3) === 0) {
      if (size > 0) target[0] = lo;
      if (size > 4) target[1] = hi;
      return;
    }
    ints[0] = lo;
    ints[1] = hi;
    if (target instanceof Float64Array && size === 8) target[0] = this.doubles[0]!;
    else if (target instanceof Place) target.fill(this.bytes.subarray(0, size));
    else {
      const bytes = bytesOf(target);
      for (let i = 0; i < size; i++) bytes[i] = this.bytes[i]!;
    }
  }
}
