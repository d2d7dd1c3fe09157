/**
 * GreedyComm: as Greedy, but a PE is judged by its load and the price of what the object would exchange across PEs with
 * the objects placed so far. Looked at are the lightest PE and those that already hold a partner; both ends of an edge
 * across PEs pay for it. O(E log P + N log N). Nearly everything moves.
 */
import type { Strategy, StrategyContext } from '../core/balance/strategy.ts';
import { communicationGraph } from './communication-graph.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { largestFirst, rootedLoad } from './loads.ts';
import { Placement } from './placement.ts';
import { migrationsTo } from './statistics.ts';

export const greedyComm: Strategy = (statistics, context) => {
  const placement = new Placement(statistics);
  const {
    offset,
    neighbour,
    bytes: seconds,
  } = communicationGraph(placement.objectCount, statistics.edges, prices(statistics.edges, context));
  const lightest = new IndexedHeap(placement.peCount);
  const load = rootedLoad(placement);
  for (let pe = 0; pe < placement.peCount; pe++) if (placement.isAvailable[pe] === 1) lightest.set(pe, load[pe]!);
  if (lightest.size === 0) return [];
  const at = placement.at.map((pe, object) => (placement.isMigratable[object] === 1 ? -1 : pe));
  const withPe = new Float64Array(placement.peCount);
  const order = largestFirst(placement);
  for (let k = 0; k < order.length; k++) {
    const object = order[k]!;
    let withAll = 0;
    for (let i = offset[object]!; i < offset[object + 1]!; i++) {
      const pe = at[neighbour[i]!]!;
      if (pe === -1) continue;
      withPe[pe]! += seconds[i]!;
      withAll += seconds[i]!;
    }
    const cost = (pe: number): number => lightest.keyOf(pe) + placement.sizeOn(object, pe) + withAll - withPe[pe]!;
    let best = lightest.peek();
    for (let i = offset[object]!; i < offset[object + 1]!; i++) {
      const pe = at[neighbour[i]!]!;
      if (pe !== -1 && lightest.has(pe) && cost(pe) < cost(best)) best = pe;
    }
    at[object] = best;
    lightest.set(best, cost(best));
    for (let i = offset[object]!; i < offset[object + 1]!; i++) {
      const pe = at[neighbour[i]!]!;
      if (pe === -1) continue;
      if (pe !== best && lightest.has(pe)) lightest.set(pe, lightest.keyOf(pe) + seconds[i]!);
      withPe[pe] = 0;
    }
  }
  return migrationsTo(statistics, at);
};

function prices(edges: { messages: Float64Array; bytes: Float64Array }, context: StrategyContext): Float64Array {
  const { secondsPerMessage, secondsPerByte } = context;
  return edges.bytes.map((bytes, edge) => bytes * secondsPerByte + edges.messages[edge]! * secondsPerMessage);
}
