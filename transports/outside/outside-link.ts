/** The link of a PE in a job of several node runtimes: rings to the PEs beside it, parcels to all others. */
import type { Link } from '../../core/message/transport.ts';
import { Reader } from '../../core/pup/reader.ts';
import { hasShared, inlineShared } from '../../core/pup/shared-array.ts';
import type { SharedHeap } from '../../core/pup/shared-heap.ts';
import type { Writer } from '../../core/pup/writer.ts';
import type { ThreadsLink } from '../threads/threads-link.ts';
import type { OutsidePort } from './outside-port.ts';

export class OutsideLink implements Link {
  readonly #firstPe: number;
  readonly #pes: number;
  readonly #beside: ThreadsLink;
  readonly #outside: OutsidePort;
  readonly #heap: SharedHeap;
  #isFromOutside = false;

  /** The PEs of this node are `pes` from `firstPe` on. */
  constructor(firstPe: number, pes: number, beside: ThreadsLink, outside: OutsidePort, heap: SharedHeap) {
    this.#firstPe = firstPe;
    this.#pes = pes;
    this.#beside = beside;
    this.#outside = outside;
    this.#heap = heap;
  }

  send(to: number, writer: Writer): void {
    const local = to - this.#firstPe;
    if (local >= 0 && local < this.#pes) this.#beside.send(local, writer);
    else if (writer.hasShared) this.#inline(to, writer.copyFrame());
    else this.#outside.send(to, writer);
  }

  forward(to: number, frame: Reader): void {
    const local = to - this.#firstPe;
    if (local >= 0 && local < this.#pes) this.#beside.forward(local, frame);
    else if (hasShared(frame.bytes, frame.start)) this.#inline(to, frame.copy());
    else this.#outside.forward(to, frame);
  }

  /** Other processes get the bytes of shared arrays. */
  #inline(to: number, frame: Uint8Array): void {
    this.#outside.forward(to, Reader.over(inlineShared(frame, this.#heap)));
  }

  poll(receive: (frame: Reader) => void, framesMax: number): number {
    this.#isFromOutside = false;
    const count = this.#beside.poll(receive, framesMax);
    this.#isFromOutside = true;
    return count + this.#outside.poll(receive, framesMax);
  }

  /** The PE that a frame which is being received came from. */
  get from(): number {
    return this.#isFromOutside ? this.#outside.from : this.#firstPe + this.#beside.from;
  }

  get isCongested(): boolean {
    return this.#outside.isCongested;
  }

  get isHolding(): boolean {
    return this.#beside.isHolding || this.#outside.isHolding;
  }

  get hasIncoming(): boolean {
    return this.#beside.hasIncoming || this.#outside.hasIncoming;
  }
}
