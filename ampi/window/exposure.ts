/**
 * `Exposure`: a rank's memory that others may reach, and what it does when their orders come. An order is done in one step, between
 * two messages of the rank's PE, so accumulates are atomic; orders of one origin are done in the order in which it gave them.
 *
 * Locks: a shared one is granted while no exclusive one is held or waits before it; others wait in the order of their coming.
 */
import { numbersOf } from '../collectives/call.ts';
import type { NumberArray } from '../datatype/datatype.ts';
import { bytesOf } from '../datatype/place.ts';
import { MpiError } from '../errors.ts';
import { type Order, OrderKind, opOf, placeIn } from './wire.ts';

export const LockKind = { shared: 0, exclusive: 1 } as const;

interface Waiting {
  readonly gid: number;
  readonly kind: number;
  readonly grant: () => void;
}

/** Memory at an address of a dynamic window. */
interface Attached {
  readonly base: number;
  readonly bytes: Uint8Array;
}

export class Exposure {
  readonly unit: number;
  readonly memory: Uint8Array;
  private readonly attached: Attached[] = [];
  private nextBase = 4096;
  private readonly holders = new Map<number, number>();
  private readonly waiting: Waiting[] = [];

  constructor(memory: ArrayBufferView, unit: number) {
    this.memory = bytesOf(memory);
    this.unit = unit;
  }

  // ---- dynamic windows ----

  attach(memory: ArrayBufferView): number {
    const bytes = bytesOf(memory);
    const base = this.nextBase;
    this.nextBase = Math.ceil((base + bytes.length + 1) / 4096) * 4096;
    this.attached.push({ base, bytes });
    return base;
  }

  detach(base: number): void {
    const at = this.attached.findIndex((one) => one.base === base);
    if (at < 0) throw new MpiError('BASE', `no memory is attached at ${base}`);
    this.attached.splice(at, 1);
  }

  private find(at: number): { readonly bytes: Uint8Array; readonly from: number } {
    if (this.attached.length === 0) return { bytes: this.memory, from: at * this.unit };
    const found = this.attached.find(({ base, bytes }) => at >= base && at < base + bytes.length);
    if (found === undefined) throw new MpiError('RMA_RANGE', `no memory is attached at ${at}`);
    return { bytes: found.bytes, from: at - found.base };
  }

  // ---- orders ----

  /** Does what an order says; what was there before, if it asks for that. */
  perform({ kind, at, data, shape, op, compare }: Order): NumberArray | undefined {
    const { bytes, from } = this.find(at);
    const place = placeIn(bytes, from, shape!);
    if (kind === OrderKind.put) {
      place.fill(data!);
      return undefined;
    }
    if (kind === OrderKind.get) return place.payload().slice();
    const now = numbersOf(place);
    if (kind === OrderKind.compareAndSwap) {
      if (now[0] === compare![0]) place.fill(data!);
      return now;
    }
    const before = kind === OrderKind.getAccumulate ? now.slice() : undefined;
    if (data !== undefined) opOf(op).combine(data, now);
    place.fill(now);
    return before;
  }

  // ---- locks ----

  lock(gid: number, kind: number, grant: () => void): void {
    this.waiting.push({ gid, kind, grant });
    this.grantNext();
  }

  unlock(gid: number): void {
    this.holders.delete(gid);
    this.grantNext();
  }

  private grantNext(): void {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      const isExclusive = [...this.holders.values()].includes(LockKind.exclusive);
      const mayHave = this.holders.size === 0 || (next.kind === LockKind.shared && !isExclusive);
      if (!mayHave) return;
      this.waiting.shift();
      this.holders.set(next.gid, next.kind);
      next.grant();
    }
  }
}
