/**
 * RecBipart: recursive bisection of the communication graph, each cut refined by the method of Fiduccia and Mattheyses.
 * Few external bytes, fair balance; nearly everything moves. O(E log N log P).
 */
import type { Strategy } from '../core/balance/strategy.ts';
import { recursiveBisection } from './bisection.ts';
import { communicationGraph } from './communication-graph.ts';
import { availablePes } from './loads.ts';
import { Placement } from './placement.ts';
import { migrationsTo } from './statistics.ts';

export const recBipart: Strategy = (statistics) => {
  const placement = new Placement(statistics);
  const pes = availablePes(placement);
  if (pes.length === 0) return [];
  const { background } = statistics.pes;
  const numberOf = new Int32Array(placement.peCount).fill(-1);
  for (let i = 0; i < pes.length; i++) numberOf[pes[i]!] = i;
  const part = recursiveBisection({
    graph: communicationGraph(placement.objectCount, statistics.edges),
    work: placement.work,
    capacity: Float64Array.from(pes, (pe) => Math.max(0, placement.idealLoad - background[pe]!) * placement.speed[pe]!),
    fixedAt: placement.home.map((pe, object) =>
      placement.isMigratable[object] === 1 ? -1 : Math.max(0, numberOf[pe]!),
    ),
    slack: 0.02,
  });
  return migrationsTo(
    statistics,
    part.map((number) => pes[number]!),
  );
};
