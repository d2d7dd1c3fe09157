/**
 * RefineComm: the balance and the number of migrations of refinement by load, at fewer external bytes.
 *
 * 1. Refinement by load (tolerance 1.003, as RefineCommLB of the original in effect has it) says how even it can get
 *    and what that takes: the *limit* on the load of a PE, how many objects each PE gives, and so the most migrations.
 * 2. Two placements are made within these bounds: the one of step 1, and one that takes objects off the same PEs in
 *    clusters, each to PEs it talks to. Where clusters do not fit, exchanges of objects even them out.
 * 3. Both are polished (moves and exchanges that lower the external bytes and keep the bounds); the one with fewer
 *    external bytes is the answer.
 *
 * So the answer is never less even than refinement by load, never has more migrations and never more external bytes.
 *
 * The load of an object is what was measured, which includes the time it spends sending; prices of the context are not
 * added to it. Pinned objects, background load, speeds and unavailable PEs are honoured. Cost: O(E + N log N) and a
 * few passes over objects on the border.
 */
import type { LbStatistics, Strategy } from '../core/balance/strategy.ts';
import { Affinity } from './affinity.ts';
import { refineInClusters } from './cluster-refinement.ts';
import { type CommunicationGraph, communicationGraph } from './communication-graph.ts';
import { evacuate } from './evacuation.ts';
import { evenOut } from './even-out.ts';
import { bestTry, type RefinementTry, refinementTries } from './load-refinement.ts';
import { Placement } from './placement.ts';
import { polish } from './polish.ts';
import { searchEffort } from './search-effort.ts';

export const refineComm: Strategy = (statistics) => refineWithCommunication(statistics, 1.003);

export function refineWithCommunication(statistics: LbStatistics, tolerance: number): ReturnType<Strategy> {
  const placement = new Placement(statistics);
  const { limits, at } = bounds(refinementTries(placement, tolerance));
  placement.become(at);
  if (placement.migrations === 0) return [];
  const graph = communicationGraph(placement.objectCount, statistics.edges);
  for (const limit of limits) {
    const answer = leastExternal([atLimit(graph, placement.clone(), limit), inClusters(graph, placement, limit)]);
    if (answer !== undefined) return answer.placement.migrationList();
  }
  return placement.migrationList();
}

/**
 * The placement that sets the number of migrations, and the limits to try, least first. The last try may have stopped a
 * little early with fewer migrations than the best; then the best one's limit is aimed at with its number.
 */
function bounds(tries: readonly RefinementTry[]): { limits: number[]; at: Int32Array } {
  const best = bestTry(tries);
  const last = tries[tries.length - 1]!;
  const isThrifty = last.migrations < best.migrations && last.max <= earlyStop * best.max;
  if (last.stranded > best.stranded || !isThrifty) return { limits: [best.max], at: best.at };
  return { limits: best.max < last.max ? [best.max, last.max] : [last.max], at: last.at };
}

/** Two steps of tolerance: a try that stopped further off is no answer. */
const earlyStop = 1.02;

function atLimit(graph: CommunicationGraph, placement: Placement, limit: number): Affinity | undefined {
  return finished(new Affinity(graph, placement), limit, placement.migrations);
}

function inClusters(graph: CommunicationGraph, plan: Placement, limit: number): Affinity | undefined {
  const affinity = new Affinity(graph, new Placement(plan.statistics));
  const givesMax = new Int32Array(plan.peCount);
  for (let object = 0; object < plan.objectCount; object++) {
    if (plan.at[object] !== plan.home[object]) givesMax[plan.home[object]!]!++;
  }
  refineInClusters(affinity, { limit: roundedUp(limit), givesMax });
  return finished(affinity, limit, plan.migrations);
}

/** Brought below the limit and polished, or undefined. */
function finished(affinity: Affinity, limit: number, migrationsMax: number): Affinity | undefined {
  const bounds = { limit: roundedUp(limit), migrationsMax, ...searchEffort(affinity.graph.count) };
  evacuate(affinity, bounds.limit);
  if (!evenOut(affinity, bounds) || affinity.placement.migrations > migrationsMax) return undefined;
  polish(affinity, bounds);
  return affinity;
}

function leastExternal(answers: readonly (Affinity | undefined)[]): Affinity | undefined {
  let least: Affinity | undefined;
  for (const answer of answers) {
    if (answer !== undefined && (least === undefined || answer.external < least.external)) least = answer;
  }
  return least;
}

/** Sums of loads depend on their order in the last digits. */
function roundedUp(limit: number): number {
  return limit * (1 + 1e-11);
}
