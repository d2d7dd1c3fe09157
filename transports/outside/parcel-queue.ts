/**
 * Parcels of one PE that found no room in the ring to the communication thread, in the order they were sent. Large ones
 * always go through it, in parts as room appears.
 */
import Denque from 'denque';
import { RecordKind, type RingProducer } from '../threads/ring.ts';
import { parcelHeadBytes } from './gateway-memory.ts';

/** Small enough that the next stage copies one while this one writes the next. */
const partBytesMax = 1 << 16;

interface Parcel {
  readonly to: number;
  readonly from: number;
  /** The frame; attachments by reference. Segments stand at multiples of 8, with gaps where nothing matters. */
  readonly segments: readonly Uint8Array[];
  readonly total: number;
  isBegun: boolean;
  sent: number;
  segment: number;
  offset: number;
}

export class ParcelQueue {
  readonly #ring: RingProducer;
  readonly #parcels = new Denque<Parcel>();
  /** Bytes that wait. */
  bytes = 0;

  constructor(ring: RingProducer) {
    this.#ring = ring;
  }

  get isEmpty(): boolean {
    return this.#parcels.length === 0;
  }

  add(to: number, from: number, segments: readonly Uint8Array[], total: number): void {
    this.bytes += total;
    this.#parcels.push({ to, from, segments, total, isBegun: false, sent: 0, segment: 0, offset: 0 });
  }

  /** Moves what fits into the ring. Returns true if anything was moved. */
  push(): boolean {
    const before = this.#ring.committed;
    for (let parcel = this.#parcels.peekFront(); parcel !== undefined; parcel = this.#parcels.peekFront()) {
      if (!this.#pushParcel(parcel)) break;
      this.#parcels.shift();
    }
    return this.#ring.committed !== before;
  }

  #pushParcel(parcel: Parcel): boolean {
    const whole = Math.min(partBytesMax, this.#ring.payloadBytesMax - parcelHeadBytes);
    if (!parcel.isBegun) {
      if (parcel.total <= whole) return this.#record(parcel, parcel.total, RecordKind.frame);
      if (!this.#begin(parcel)) return false;
    }
    while (parcel.sent < parcel.total) {
      if (!this.#record(parcel, Math.min(parcel.total - parcel.sent, whole), RecordKind.part)) return false;
    }
    return true;
  }

  #begin(parcel: Parcel): boolean {
    const ring = this.#ring;
    const offset = ring.reserve(parcelHeadBytes + 8);
    if (offset === -1) return false;
    this.#head(offset, parcel);
    ring.words[(offset + parcelHeadBytes) >>> 2] = parcel.total;
    ring.commit(offset, parcelHeadBytes + 8, RecordKind.begin);
    parcel.isBegun = true;
    return true;
  }

  #record(parcel: Parcel, length: number, kind: number): boolean {
    const offset = this.#ring.reserve(parcelHeadBytes + length);
    if (offset === -1) return false;
    this.#head(offset, parcel);
    this.#copy(parcel, offset + parcelHeadBytes, length);
    this.#ring.commit(offset, parcelHeadBytes + length, kind);
    this.bytes -= length;
    return true;
  }

  #head(offset: number, { to, from }: Parcel): void {
    this.#ring.words[offset >>> 2] = to;
    this.#ring.words[(offset >>> 2) + 1] = from;
  }

  #copy(parcel: Parcel, offset: number, count: number): void {
    parcel.sent += count;
    for (let left = count; left > 0; ) {
      const segment = parcel.segments[parcel.segment]!;
      const padded = (segment.length + 7) & ~7;
      const here = Math.min(left, padded - parcel.offset);
      const data = Math.min(here, segment.length - parcel.offset);
      if (data > 0) this.#ring.bytes.set(segment.subarray(parcel.offset, parcel.offset + data), offset + count - left);
      left -= here;
      parcel.offset += here;
      if (parcel.offset === padded) {
        parcel.segment++;
        parcel.offset = 0;
      }
    }
  }
}
