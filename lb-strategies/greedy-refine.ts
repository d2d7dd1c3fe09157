/**
 * GreedyRefine: as even as Greedy, or nearly, with fewer migrations. Greedy says which maximum can be reached; then every
 * object, largest first, stays where it is if that keeps to a multiple of this maximum, and goes to the lightest PE
 * otherwise. Several multiples are tried; of those within 0.3 % of the least maximum the one with the fewest migrations
 * is the answer. O(N log N) and O(N log P) for each multiple.
 */
import type { Strategy } from '../core/balance/strategy.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { availablePes, largestFirst, rootedLoad } from './loads.ts';
import { Placement } from './placement.ts';
import { migrationsTo } from './statistics.ts';

const multiples = [0, 1, 1.001, 1.002, 1.005, 1.01, 1.02, 1.04, 1.08, 1.16, 1.3];

interface Answer {
  readonly at: Int32Array;
  readonly max: number;
  readonly migrations: number;
}

export const greedyRefine: Strategy = (statistics) => {
  const placement = new Placement(statistics);
  if (availablePes(placement).length === 0) return [];
  const order = largestFirst(placement);
  const rooted = rootedLoad(placement);
  const greedyMax = place(placement, order, rooted, 0).max;
  const answers = multiples.map((multiple) => place(placement, order, rooted, multiple * greedyMax));
  const least = answers.reduce((max, answer) => Math.min(max, answer.max), Number.POSITIVE_INFINITY);
  const even = answers.filter((answer) => answer.max <= 1.003 * least);
  const best = even.reduce((a, b) =>
    b.migrations < a.migrations || (b.migrations === a.migrations && b.max < a.max) ? b : a,
  );
  return migrationsTo(statistics, best.at);
};

/** `stayMax`: up to which load a PE keeps its objects; raised where it cannot be kept. */
function place(placement: Placement, order: Int32Array, rooted: Float64Array, stayMax: number): Answer {
  const { peCount, isAvailable, home } = placement;
  const lightest = new IndexedHeap(peCount);
  let max = 0;
  for (let pe = 0; pe < peCount; pe++) {
    max = Math.max(max, rooted[pe]!);
    if (isAvailable[pe] === 1) lightest.set(pe, rooted[pe]!);
  }
  let limit = stayMax;
  let migrations = 0;
  const at = home.slice();
  for (let i = 0; i < order.length; i++) {
    const object = order[i]!;
    const stay = home[object]!;
    const fits = lightest.has(stay) && lightest.keyOf(stay) + placement.sizeOn(object, stay) <= limit;
    const pe = fits ? stay : lightest.peek();
    const load = lightest.keyOf(pe) + placement.sizeOn(object, pe);
    lightest.set(pe, load);
    max = Math.max(max, load);
    if (stayMax > 0) limit = Math.max(limit, load);
    if (pe !== stay) migrations++;
    at[object] = pe;
  }
  return { at, max, migrations };
}
