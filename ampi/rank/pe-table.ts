/**
 * `AmpiPe`: what the ranks of one PE share: who is here, so that their messages need no envelope on a wire, and slots of shared
 * memory for large messages to other PEs of the process.
 *
 * The one on PE 0 knows all worlds of the job: it gives out numbers of ranks, and ends the job when all worlds have ended. It also
 * keeps the names under which ports are published.
 */
import { Chare, type Entries } from '../../core/index.ts';
import type { Payload } from '../datatype/place.ts';
import type { Engine } from '../messages/engine.ts';
import type { World } from './worlds.ts';

/** Large enough that a hand-over (1 us) is small beside the copy, small enough to lie in the cache. */
const slotBytes = 1 << 18;
const slotsMax = 16;

export class AmpiPe extends Chare {
  static readonly entries: Entries<AmpiPe> = { table: { local: true } };
  private readonly here: PeTable;
  private ranks = 0;
  private open = 0;
  private readonly worlds: World[] = [];
  private readonly names = new Map<string, string>();

  constructor() {
    super();
    const { charm } = this;
    this.here = new PeTable(charm.node, (bytes) => charm.shared(Uint8Array, bytes).view as Uint8Array);
  }

  table(): PeTable {
    return this.here;
  }

  // ---- on PE 0 ----

  /** Numbers for the ranks of a new world: the first of them. The job does not end before that world has. */
  reserve(ranks: number): number {
    const base = this.ranks;
    this.ranks += ranks;
    this.open++;
    return base;
  }

  /** All ranks of a world have ended. */
  ended(_ranks: number): void {
    if (--this.open === 0) this.charm.exit();
  }

  register(world: World): void {
    this.worlds.push(world);
  }

  worldOf(gid: number): World | undefined {
    return this.worlds.find(({ base, size }) => gid >= base && gid < base + size);
  }

  /** False if the name is taken. */
  publish(name: string, port: string): boolean {
    if (this.names.has(name)) return false;
    this.names.set(name, port);
    return true;
  }

  lookup(name: string): string | undefined {
    return this.names.get(name);
  }

  unpublish(name: string): boolean {
    return this.names.delete(name);
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
  private readonly warned = new Set<string>();
  private readonly starving: (() => void)[] = [];

  constructor(node: number, allocate: (bytes: number) => Uint8Array) {
    this.node = node;
    this.allocate = allocate;
  }

  /** On standard error, once for each text. */
  warnOnce(message: string): void {
    if (this.warned.has(message)) return;
    this.warned.add(message);
    console.error(`charm4ts: note: ${message}`);
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
