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
import { MemoryBudget } from '../core/balance/memory-budget.ts';
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
