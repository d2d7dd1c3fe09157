/**
 * Greedy: the largest object goes to the lightest PE, then the next. As even as objects allow; nearly everything moves.
 * Where objects are and whom they talk to is not looked at. O(N log N).
 */
import type { Strategy } from '../core/balance/strategy.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { largestFirst, rootedLoad } from './loads.ts';
import { Placement } from './placement.ts';
import { migrationsTo } from './statistics.ts';

export const greedy: Strategy = (statistics) => {
  const placement = new Placement(statistics);
  const lightest = new IndexedHeap(placement.peCount);
  const load = rootedLoad(placement);
  for (let pe = 0; pe < placement.peCount; pe++) if (placement.isAvailable[pe] === 1) lightest.set(pe, load[pe]!);
  if (lightest.size === 0) return [];
  const at = placement.at.slice();
  const order = largestFirst(placement);
  for (let i = 0; i < order.length; i++) {
    const object = order[i]!;
    const pe = lightest.peek();
    at[object] = pe;
    lightest.set(pe, lightest.keyOf(pe) + placement.sizeOn(object, pe));
  }
  return migrationsTo(statistics, at);
};
