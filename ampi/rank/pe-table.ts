/**
 * `AmpiPe`: what the ranks of one PE share: who is here, so that their messages need no envelope on a wire, and slots of shared
 * memory for large messages to other PEs of the process.
 */
import { Chare, type Entries } from '../../core/index.ts';
import type { Payload } from '../datatype/place.ts';
import type { Engine } from '../messages/engine.ts';

/** Large enough that a hand-over (1 us) is small beside the copy, small enough to lie in the cache. */
const slotBytes = 1 << 18;
const slotsMax = 16;

export class AmpiPe extends Chare {
  static readonly entries: Entries<AmpiPe> = { table: { local: true } };
  private readonly here: PeTable;

  constructor() {
    super();
    const { charm } = this;
    this.here = new PeTable(charm.node, (bytes) => charm.shared(Uint8Array, bytes).view as Uint8Array);
  }

  table(): PeTable {
    return this.here;
  }
}

export class PeTable {
  readonly node: number;
  readonly slotBytes = slotBytes;
  /** Engines of the ranks here, by number. */
  readonly ranks: (Engine | undefined)[] = [];
  /** Messages that may still be handed over without the queue of the PE. */
  directLeft = 0;
  private readonly allocate: (bytes: number) => Uint8Array;
  private heap: ArrayBufferLike | undefined = undefined;
  private readonly slots: Uint8Array[] = [];
  private readonly free: number[] = [];
  private readonly starving: (() => void)[] = [];

  constructor(node: number, allocate: (bytes: number) => Uint8Array) {
    this.node = node;
    this.allocate = allocate;
  }

  /** Where an array lies in the memory that the process shares; -1: it does not. */
  heapOffset(array: Payload): number {
    const { buffer } = array;
    if (buffer instanceof ArrayBuffer || buffer !== this.heapBuffer()) return -1;
    return array.byteOffset;
  }

  heapBytes(at: number, bytes: number): Uint8Array {
    return new Uint8Array(this.heapBuffer(), at, bytes);
  }

  /** Shared memory of the process that is this PE's for good. */
  allocateShared(bytes: number): Uint8Array {
    return this.allocate(bytes);
  }

  private heapBuffer(): ArrayBufferLike {
    this.heap ??= this.allocate(8).buffer;
    return this.heap;
  }

  // ---- slots ----

  get hasFreeSlot(): boolean {
    return this.free.length > 0 || this.slots.length < slotsMax;
  }

  /** A free slot; -1: there is none now. */
  takeSlot(): number {
    const slot = this.free.pop();
    if (slot !== undefined) return slot;
    if (this.slots.length === slotsMax) return -1;
    return this.slots.push(this.allocate(slotBytes)) - 1;
  }

  freeSlot(slot: number): void {
    this.free.push(slot);
  }

  /** Copies bytes into a slot; says where it is. */
  fillSlot(slot: number, bytes: Uint8Array, from: number, to: number): number {
    const memory = this.slots[slot]!;
    memory.set(bytes.subarray(from, to));
    return memory.byteOffset;
  }

  /** `goOn` is called once there is a free slot. */
  starve(goOn: () => void): void {
    this.starving.push(goOn);
  }

  get hasStarved(): boolean {
    return this.starving.length > 0;
  }

  takeStarved(): (() => void) | undefined {
    return this.starving.shift();
  }
}
