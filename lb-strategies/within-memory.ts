/**
 * Keeps a strategy that looks at load alone within the memory of PEs, where that is known.
 *
 *  1. Its migrations are taken in their order, as long as the objects fit what is free where they go. What leaves a PE makes no
 *     room there in the same step, since it may leave after the others have come.
 *  2. The others, largest load first, go to the PE with room whose load is then least, if that is less than what their own
 *     PE has; or, from a PE that must be left, in any case. Where there is none, they stay.
 *
 * Balance is lost only to memory: without limits the answer is the strategy's own, at no cost. O(moves + overflow · P).
 */
import type { LbStatistics, Migration, Strategy } from '../core/balance/strategy.ts';
import { Placement } from './placement.ts';

export function withinMemory(strategy: Strategy): Strategy {
  return (statistics, context) => {
    const migrations = strategy(statistics, context);
    return statistics.pes.memoryFree.every((bytes) => bytes === Number.POSITIVE_INFINITY)
      ? migrations
      : fitted(statistics, migrations);
  };
}

function fitted(statistics: LbStatistics, migrations: Iterable<Migration>): Migration[] {
  const placement = new Placement(statistics);
  const memory = new MemoryBudget(statistics);
  const overflow: number[] = [];
  for (const { object, to } of migrations) {
    if (memory.move(object, to)) placement.move(object, to);
    else overflow.push(object);
  }
  overflow.sort((a, b) => placement.work[b]! - placement.work[a]! || a - b);
  for (const object of overflow) {
    const to = lightestWithRoom(placement, memory, object);
    if (to !== -1 && memory.move(object, to)) placement.move(object, to);
  }
  return placement.migrationList();
}

function lightestWithRoom(placement: Placement, memory: MemoryBudget, object: number): number {
  const { at, load, isAvailable, peCount } = placement;
  let best = -1;
  let least = isAvailable[at[object]!] === 1 ? load[at[object]!]! : Number.POSITIVE_INFINITY;
  for (let pe = 0; pe < peCount; pe++) {
    const after = load[pe]! + placement.sizeOn(object, pe);
    if (isAvailable[pe] === 1 && after < least && memory.hasRoomFor(object, pe)) [best, least] = [pe, after];
  }
  return best;
}

/** What is left of the free memory of each PE, by what has been told to go there. */
export class MemoryBudget {
  readonly #statistics: LbStatistics;
  readonly #at: Int32Array;
  readonly #free: Float64Array;

  constructor(statistics: LbStatistics) {
    this.#statistics = statistics;
    this.#at = statistics.objects.pe.slice();
    this.#free = statistics.pes.memoryFree.slice();
  }

  free(pe: number): number {
    return this.#free[pe]!;
  }

  /** An object always fits where it is. */
  hasRoomFor(object: number, pe: number): boolean {
    const { objects } = this.#statistics;
    return this.#at[object] === pe || objects.pe[object] === pe || objects.bytes[object]! <= this.#free[pe]!;
  }

  /** @returns false, and changes nothing, where there is no room. */
  move(object: number, to: number): boolean {
    if (!this.hasRoomFor(object, to)) return false;
    const { objects } = this.#statistics;
    const from = this.#at[object]!;
    const home = objects.pe[object]!;
    if (from !== home) this.#free[from]! += objects.bytes[object]!;
    if (to !== home) this.#free[to]! -= objects.bytes[object]!;
    this.#at[object] = to;
    return true;
  }
}
