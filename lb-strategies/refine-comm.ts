import type { Strategy } from '../core/balance/strategy.ts';
import { Affinity } from './affinity.ts';
import { refineInClusters } from './cluster-refinement.ts';
import { communicationGraph } from './communication-graph.ts';
import { refineLoad } from './load-refinement.ts';
import { Placement } from './placement.ts';
import { polish } from './polish.ts';

const tolerance = 1.003;

export const refineComm: Strategy = (statistics) => {
  const placement = new Placement(statistics);
  refineLoad(placement, tolerance);
  const limit = placement.maxLoad();
  const migrationsMax = placement.migrations;
  if (migrationsMax === 0) return [];
  const givesMax = new Int32Array(placement.peCount);
  for (let object = 0; object < placement.objectCount; object++) {
    if (placement.at[object] !== placement.home[object]) givesMax[placement.home[object]!]!++;
  }
  const graph = communicationGraph(placement.objectCount, statistics.edges);
  const bounds = { limit, migrationsMax, passesMax: 8, exchangesMax: 512 };
  const byLoad = new Affinity(graph, placement);
  polish(byLoad, bounds);
  const clustered = new Affinity(graph, new Placement(statistics));
  refineInClusters(clustered, { limit: limit * (1 + 1e-12), givesMax });
  if (process.env.DBG) console.log('cluster', clustered.placement.maxLoad()/placement.idealLoad, clustered.external, clustered.placement.migrations, 'vs', limit/placement.idealLoad, byLoad.external, byLoad.placement.migrations);
  if (clustered.placement.maxLoad() > limit * (1 + 1e-9)) return byLoad.placement.migrationList();
  polish(clustered, bounds);
  return (clustered.external <= byLoad.external ? clustered : byLoad).placement.migrationList();
};
