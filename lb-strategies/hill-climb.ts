/**
 * Lowers the external bytes by passes of Fiduccia and Mattheyses over all PEs, which get over hills that `polish` stops
 * at: the best move is made even if it adds bytes, each object moves once a pass, and what came after the best moment
 * of a pass is taken back. The bounds hold at every step.
 */
import type { Affinity } from './affinity.ts';
import { isHub } from './communication-graph.ts';
import { IndexedHeap } from './indexed-heap.ts';
import type { Placement } from './placement.ts';

export interface ClimbBounds {
  /** No PE may be above this, in seconds. A PE that is may only lose. */
  readonly limit: number;
  readonly migrationsMax: number;
  readonly passesMax: number;
}

export function climb(affinity: Affinity, bounds: ClimbBounds): void {
  const climber = new Climber(affinity, bounds);
  for (let pass = 0; pass < bounds.passesMax; pass++) if (!climber.pass()) return;
}

class Climber {
  readonly #affinity: Affinity;
  readonly #placement: Placement;
  readonly #bounds: ClimbBounds;
  readonly #limit: number;
  readonly #offers: IndexedHeap;
  readonly #isLocked: Uint8Array;
  #to = -1;

  constructor(affinity: Affinity, bounds: ClimbBounds) {
    this.#affinity = affinity;
    this.#placement = affinity.placement;
    this.#bounds = bounds;
    this.#limit = bounds.limit * (1 + 1e-12);
    this.#offers = new IndexedHeap(affinity.graph.count);
    this.#isLocked = new Uint8Array(affinity.graph.count);
  }

  /** @returns whether it found anything. */
  pass(): boolean {
    const affinity = this.#affinity;
    const { at } = this.#placement;
    const start = affinity.external;
    const patience = 50 + Math.ceil(0.02 * affinity.graph.count);
    const moved: number[] = [];
    const cameFrom: number[] = [];
    let best = start - 1e-3;
    let bestLength = 0;
    this.#isLocked.fill(0);
    this.#offerBorder();
    while (this.#offers.size > 0 && moved.length - bestLength < patience) {
      const object = this.#offers.peek();
      const key = this.#bestMove(object);
      if (key > this.#offers.keyOf(object)) {
        if (this.#to === -1) this.#offers.remove(object);
        else this.#offers.set(object, key);
        continue;
      }
      this.#offers.pop();
      if (this.#to === -1) continue;
      moved.push(object);
      cameFrom.push(at[object]!);
      this.#isLocked[object] = 1;
      affinity.move(object, this.#to);
      this.#renewNeighbours(object);
      if (affinity.external < best) [best, bestLength] = [affinity.external, moved.length];
    }
    while (moved.length > bestLength) affinity.move(moved.pop()!, cameFrom.pop()!);
    while (this.#offers.size > 0) this.#offers.pop();
    return bestLength > 0;
  }

  #offerBorder(): void {
    const { internal, total } = this.#affinity;
    const { isMigratable, objectCount } = this.#placement;
    for (let object = 0; object < objectCount; object++) {
      if (isMigratable[object] === 1 && internal[object]! < total[object]!) this.#offer(object);
    }
  }

  #offer(object: number): void {
    const key = this.#bestMove(object);
    if (this.#to !== -1) this.#offers.set(object, key);
    else this.#offers.remove(object);
  }

  #renewNeighbours(object: number): void {
    const { graph } = this.#affinity;
    const { offset, neighbour } = graph;
    for (let i = offset[object]!; i < offset[object + 1]!; i++) {
      const other = neighbour[i]!;
      if (this.#isLocked[other] === 1 || this.#placement.isMigratable[other] === 0) continue;
      if (!isHub(graph, other)) this.#offer(other);
    }
  }

  /** Bytes that the best allowed move of an object adds; leaves its PE in `to`, or -1. */
  #bestMove(object: number): number {
    const affinity = this.#affinity;
    const { at, home, load, speed, work, isAvailable, migrations } = this.#placement;
    const from = at[object]!;
    const mayLeaveHome = from !== home[object] || migrations < this.#bounds.migrationsMax;
    let bytes = Number.NEGATIVE_INFINITY;
    this.#to = -1;
    if (!mayLeaveHome) return Number.POSITIVE_INFINITY;
    affinity.scan(object);
    for (let i = 0; i < affinity.peCount; i++) {
      const pe = affinity.pes[i]!;
      if (pe === from || isAvailable[pe] === 0 || affinity.to(pe) < bytes) continue;
      if (load[pe]! + work[object]! / speed[pe]! > this.#limit) continue;
      if (affinity.to(pe) === bytes && load[pe]! >= load[this.#to]!) continue;
      bytes = affinity.to(pe);
      this.#to = pe;
    }
    return this.#to === -1 ? Number.POSITIVE_INFINITY : affinity.internal[object]! - bytes;
  }
}
