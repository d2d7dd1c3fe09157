/**
 * CommAwareRefine: random objects of PEs above 1.02 times the average go to the PE they exchange the most bytes with, if
 * they fit there, or else to the lightest PE where they fit. Cheap, and its migrations are kind to communication, but
 * more of them than refinement needs. O(E + moves·(degree + log P)).
 */
import type { Strategy } from '../core/balance/strategy.ts';
import { Affinity } from './affinity.ts';
import { communicationGraph } from './communication-graph.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { objectsByPe, Placement } from './placement.ts';

const tolerance = 1.02;

export const commAwareRefine: Strategy = (statistics, { random }) => {
  const placement = new Placement(statistics);
  const affinity = new Affinity(communicationGraph(placement.objectCount, statistics.edges), placement);
  const { load, isAvailable, isMigratable, peCount } = placement;
  const limit = tolerance * placement.idealLoad;
  const { offset, object: grouped } = objectsByPe(peCount, placement.at);
  const untried = Array.from({ length: peCount }, (_, pe) => {
    return [...grouped.subarray(offset[pe]!, offset[pe + 1]!).filter((object) => isMigratable[object] === 1)];
  });
  const heavy = new IndexedHeap(peCount);
  const lightest = new IndexedHeap(peCount);
  for (let pe = 0; pe < peCount; pe++) {
    if (isAvailable[pe] === 0) heavy.set(pe, Number.NEGATIVE_INFINITY);
    else if (load[pe]! > limit) heavy.set(pe, -load[pe]!);
    else lightest.set(pe, load[pe]!);
  }
  for (let donor = heavy.peek(); donor !== -1 && lightest.size > 0; donor = heavy.peek()) {
    const candidates = untried[donor]!;
    if (candidates.length === 0) {
      heavy.remove(donor);
      continue;
    }
    const pick = Math.floor(random.next() * candidates.length);
    const object = candidates[pick]!;
    candidates[pick] = candidates[candidates.length - 1]!;
    candidates.pop();
    const isEvacuated = isAvailable[donor] === 0;
    const to = destination(affinity, object, limit, lightest, isEvacuated);
    if (to === -1) continue;
    affinity.move(object, to);
    lightest.set(to, load[to]!);
    if (isEvacuated) continue;
    if (load[donor]! > limit) {
      heavy.set(donor, -load[donor]!);
    } else {
      heavy.remove(donor);
      lightest.set(donor, load[donor]!);
    }
  }
  return placement.migrationList();
};

function destination(
  affinity: Affinity,
  object: number,
  limit: number,
  lightest: IndexedHeap,
  mustLeave: boolean,
): number {
  const { placement } = affinity;
  const fits = (pe: number): boolean => placement.load[pe]! + placement.sizeOn(object, pe) <= limit;
  affinity.scan(object);
  let best = -1;
  for (let i = 0; i < affinity.peCount; i++) {
    const pe = affinity.pes[i]!;
    if (!lightest.has(pe) || !fits(pe)) continue;
    if (best === -1 || affinity.to(pe) > affinity.to(best)) best = pe;
  }
  if (best !== -1) return best;
  return mustLeave || fits(lightest.peek()) ? lightest.peek() : -1;
}
