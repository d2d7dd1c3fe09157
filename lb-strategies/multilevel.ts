/**
 * Multilevel k-way partitioning, as METIS does it: the graph is made coarser by heavy-edge matching, the coarsest is
 * placed, and on the way back each level is evened out and refined (passes of Fiduccia and Mattheyses, exchanges).
 *
 * Two uses. *From scratch*: the coarsest level is placed by recursive bisection, and the parts are then given to the PEs
 * that already hold most of them. *Repartitioning*: only objects of one PE are merged, and the coarsest level starts
 * where it is, so that load flows between neighbouring PEs and little moves.
 */
import type { LbStatistics } from '../core/balance/strategy.ts';
import { Affinity } from './affinity.ts';
import { recursiveBisection } from './bisection.ts';
import { coarsened, type Level } from './coarsening.ts';
import { type CommunicationGraph, communicationGraph } from './communication-graph.ts';
import { evenOut } from './even-out.ts';
import { climb } from './hill-climb.ts';
import { Placement } from './placement.ts';
import { polish } from './polish.ts';
import { searchEffort } from './search-effort.ts';
import { statisticsFrom } from './statistics.ts';

export interface PartitionOptions {
  /** Largest load over the ideal, to be reached if it can be. */
  readonly tolerance: number;
  readonly isRepartition: boolean;
}

/** The finest level's placement. May be above the tolerance where the objects do not allow it. */
export function multilevelPlacement(
  statistics: LbStatistics,
  options: PartitionOptions,
  graph: CommunicationGraph = communicationGraph(statistics.objects.count, statistics.edges),
): Affinity {
  const origin = new Placement(statistics);
  if (!origin.isAvailable.includes(1)) return new Affinity(graph, origin);
  const levels = coarsened(finestLevel(origin, graph), {
    countMin: Math.max(64, 12 * origin.peCount),
    workMax: (1.2 * totalOf(origin.work)) / Math.max(64, 10 * origin.peCount),
    isHomeKept: options.isRepartition,
  });
  const coarsest = levels[levels.length - 1]!;
  let at = options.isRepartition ? evacuated(coarsest, origin) : bisected(coarsest, origin, options.tolerance);
  for (let i = levels.length - 1; i >= 0; i--) {
    const level = levels[i]!;
    // Coarse objects are too large for the final tolerance: it is approached level by level.
    const tolerance = options.tolerance + (i === 0 ? 0 : 0.01 * i);
    at = refinedLevel(level, origin, at, tolerance).placement.at;
    if (i > 0) at = atFiner(levels[i - 1]!, at);
  }
  const affinity = new Affinity(graph, origin);
  origin.become(options.isRepartition ? at : relabelled(origin, at));
  affinity.measure();
  return affinity;
}

function finestLevel(placement: Placement, graph: CommunicationGraph): Level {
  return {
    graph,
    work: placement.work,
    isFixed: placement.isMigratable.map((flag) => 1 - flag),
    home: placement.home,
    coarse: new Int32Array(0),
  };
}

function totalOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

/** Where everything is, but nothing movable on unavailable PEs. */
function evacuated(level: Level, { isAvailable, peCount }: Placement): Int32Array {
  const at = level.home.slice();
  const refuges: number[] = [];
  for (let pe = 0; pe < peCount; pe++) if (isAvailable[pe] === 1) refuges.push(pe);
  let next = 0;
  for (let object = 0; object < at.length; object++) {
    if (isAvailable[at[object]!] === 0 && level.isFixed[object] === 0) at[object] = refuges[next++ % refuges.length]!;
  }
  return at;
}

function bisected(level: Level, origin: Placement, tolerance: number): Int32Array {
  const { background } = origin.statistics.pes;
  const capacity = new Float64Array(origin.peCount);
  for (let pe = 0; pe < origin.peCount; pe++) {
    if (origin.isAvailable[pe] === 0) continue;
    capacity[pe] = Math.max(0, (origin.idealLoad - background[pe]!) * origin.speed[pe]!);
  }
  const fixedAt = level.home.map((pe, object) => (level.isFixed[object] === 1 ? pe : -1));
  const slack = Math.max(0.01, tolerance - 1);
  const part = recursiveBisection({ graph: level.graph, work: level.work, capacity, fixedAt, slack });
  return withoutUnavailable(part, level, origin);
}

function withoutUnavailable(part: Int32Array, level: Level, origin: Placement): Int32Array {
  const refuge = origin.isAvailable.indexOf(1);
  for (let object = 0; object < part.length; object++) {
    if (level.isFixed[object] === 1) part[object] = level.home[object]!;
    else if (origin.isAvailable[part[object]!] === 0) part[object] = refuge;
  }
  return part;
}

function atFiner(finer: Level, at: Int32Array): Int32Array {
  return finer.coarse.map((coarse) => at[coarse]!);
}

/** Evened out and refined, as a balancing step of its own whose objects are those of the level. */
function refinedLevel(level: Level, origin: Placement, at: Int32Array, tolerance: number): Affinity {
  const placement = new Placement(levelStatistics(level, origin));
  placement.become(at);
  const affinity = new Affinity(level.graph, placement);
  const effort = searchEffort(level.graph.count);
  const limit = origin.limitFor(tolerance);
  const bounds = { ...effort, limit, migrationsMax: Number.POSITIVE_INFINITY };
  evenOut(affinity, bounds);
  climb(affinity, bounds);
  polish(affinity, bounds);
  climb(affinity, bounds);
  return affinity;
}

function levelStatistics(level: Level, origin: Placement): LbStatistics {
  const load = level.work.map((work, object) => work / origin.speed[level.home[object]!]!);
  const isMigratable = level.isFixed.map((flag) => 1 - flag);
  const { pes } = origin.statistics;
  return { ...statisticsFrom({ objects: { load, pe: level.home, isMigratable }, pes: { count: pes.count } }), pes };
}

/**
 * Gives the parts to PEs so that most objects stay: the pairs of part and PE with the most common objects first. Parts
 * are exchangeable only where their PEs are: same speed, same background, available, nothing pinned.
 */
function relabelled(placement: Placement, part: Int32Array): Int32Array {
  const { home, peCount, isMigratable, speed, isAvailable } = placement;
  const { background } = placement.statistics.pes;
  const isFree = Uint8Array.from({ length: peCount }, (_, pe) => {
    return isAvailable[pe] === 1 && speed[pe] === speed[0] && background[pe] === background[0] ? 1 : 0;
  });
  const common = new Map<number, number>();
  for (let object = 0; object < part.length; object++) {
    if (isMigratable[object] === 0) {
      isFree[home[object]!] = 0;
      continue;
    }
    const pair = part[object]! * peCount + home[object]!;
    common.set(pair, (common.get(pair) ?? 0) + 1);
  }
  const pairs = [...common].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const label = new Int32Array(peCount).fill(-1);
  const isTaken = new Uint8Array(peCount);
  for (let pe = 0; pe < peCount; pe++) {
    if (isFree[pe] === 1) continue;
    label[pe] = pe;
    isTaken[pe] = 1;
  }
  for (const [pair] of pairs) {
    const from = Math.floor(pair / peCount);
    const to = pair % peCount;
    if (label[from] !== -1 || isTaken[to] === 1) continue;
    label[from] = to;
    isTaken[to] = 1;
  }
  let free = 0;
  for (let pe = 0; pe < peCount; pe++) {
    if (label[pe] !== -1) continue;
    while (isTaken[free] === 1) free++;
    label[pe] = free;
    isTaken[free] = 1;
  }
  return part.map((pe) => label[pe]!);
}
