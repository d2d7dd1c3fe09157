/**
 * Frontier: the fewest external bytes for a balance and a number of migrations, both of which may be given:
 * `Frontier`, `Frontier:migrations=285`, `Frontier:tolerance=1.01:migrations=285`.
 *
 * Placements are made in three ways, each brought below the limit on load and the number of migrations, and improved
 * there by hill climbing and exchanges; the one with the fewest external bytes is the answer.
 *
 * - *near*: what refinement by load gives up, in clusters and one by one (as RefineComm);
 * - *repartitioned*: multilevel refinement from where the objects are;
 * - *anew*: multilevel partitioning from scratch, parts given to the PEs that hold most of them.
 *
 * A placement with too many migrations is *trimmed*: of the objects that moved, those go back home whose return adds
 * fewest bytes, and the load is evened out again by exchanges.
 *
 * If none can be brought below the limit, the most even one within the number of migrations is the answer. Cost:
 * O(E log N), several times that of RefineComm.
 */
import type { LbStatistics, Strategy } from '../core/balance/strategy.ts';
import { Affinity } from './affinity.ts';
import { refineInClusters } from './cluster-refinement.ts';
import { type CommunicationGraph, communicationGraph, isHub } from './communication-graph.ts';
import { evacuate } from './evacuation.ts';
import { evenOut } from './even-out.ts';
import { climb } from './hill-climb.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { bestTry, refinementTries } from './load-refinement.ts';
import { multilevelPlacement } from './multilevel.ts';
import { Placement } from './placement.ts';
import { polish } from './polish.ts';
import { searchEffort } from './search-effort.ts';

export interface FrontierOptions {
  /** Largest load over the average. Default 1.003. */
  readonly tolerance?: number;
  /** Most migrations; a quarter of the objects, unless refinement by load needs more, if not given. */
  readonly migrationsMax?: number;
}

export function frontier({ tolerance = 1.003, migrationsMax }: FrontierOptions = {}): Strategy {
  return (statistics) => new FrontierSearch(statistics, tolerance, migrationsMax).run();
}

/** Partitioning aims at no less; the rest is evened out at the end. */
const toleranceMin = 1.00004;

class FrontierSearch {
  readonly #statistics: LbStatistics;
  readonly #graph: CommunicationGraph;
  readonly #tolerance: number;
  readonly #limit: number;
  readonly #migrationsMax: number;
  readonly #refined: Placement;
  #best: Affinity | undefined;

  constructor(statistics: LbStatistics, tolerance: number, migrationsMax: number | undefined) {
    this.#statistics = statistics;
    this.#graph = communicationGraph(statistics.objects.count, statistics.edges);
    this.#tolerance = tolerance;
    this.#refined = new Placement(statistics);
    const refined = bestTry(refinementTries(this.#refined, tolerance));
    this.#refined.become(refined.at);
    this.#limit = this.#refined.limitFor(tolerance) * (1 + 1e-11);
    const wanted = migrationsMax ?? Math.max(refined.migrations, Math.floor(statistics.objects.count / 4));
    this.#migrationsMax = Math.max(wanted, evacueeCount(this.#refined));
  }

  run(): ReturnType<Strategy> {
    this.#offer(this.#stayed());
    if (this.#migrationsMax === 0) return [];
    this.#offer(this.#near());
    this.#offerTrimmed(new Affinity(this.#graph, this.#refined));
    this.#offerTrimmed(this.#multilevel(true));
    this.#offerTrimmed(this.#multilevel(false));
    return this.#best === undefined ? [] : this.#best.placement.migrationList();
  }

  /** As measured: evening out by exchanges alone may do. */
  #stayed(): Affinity {
    return new Affinity(this.#graph, new Placement(this.#statistics));
  }

  #near(): Affinity {
    const affinity = this.#stayed();
    const givesMax = new Int32Array(this.#refined.peCount);
    for (let object = 0; object < this.#refined.objectCount; object++) {
      if (this.#refined.at[object] !== this.#refined.home[object]) givesMax[this.#refined.home[object]!]!++;
    }
    refineInClusters(affinity, { limit: this.#limit, givesMax });
    return affinity;
  }

  #multilevel(isRepartition: boolean): Affinity {
    const tolerance = Math.max(this.#tolerance, toleranceMin);
    return multilevelPlacement(this.#statistics, { tolerance, isRepartition }, this.#graph);
  }

  #offerTrimmed(affinity: Affinity): void {
    // Sending most of them home again would leave little of the placement.
    if (affinity.placement.migrations <= 3 * this.#migrationsMax) this.#offer(affinity);
  }

  /** Brings it within the bounds, as far as that goes, improves it, and keeps it if it is the best so far. */
  #offer(affinity: Affinity): void {
    if (affinity.placement.migrations > this.#migrationsMax) trim(affinity, this.#migrationsMax);
    evacuate(affinity, this.#limit);
    const bounds = { ...searchEffort(this.#graph.count), migrationsMax: this.#migrationsMax };
    const limit =
      this.#limits().find((aim) => evenOut(affinity, { ...bounds, limit: aim })) ?? affinity.placement.maxLoad();
    for (let round = 0; round < 2; round++) {
      climb(affinity, { ...bounds, limit });
      polish(affinity, { ...bounds, limit });
    }
    if (this.#best === undefined || this.#isBetter(affinity, this.#best)) this.#best = affinity;
  }

  /** The limit, and above it what to be content with: nobody can reach a tolerance of 1 to the last digit. */
  #limits(): number[] {
    return [0, 1e-5, 2e-5, 4e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03].map((slack) => this.#limit * (1 + slack));
  }

  #isBetter(affinity: Affinity, best: Affinity): boolean {
    const excess = Math.max(0, affinity.placement.maxLoad() / this.#limit - 1);
    const bestExcess = Math.max(0, best.placement.maxLoad() / this.#limit - 1);
    if (Math.abs(excess - bestExcess) > 1e-9) return excess < bestExcess;
    if (affinity.external !== best.external) return affinity.external < best.external;
    return affinity.placement.migrations < best.placement.migrations;
  }
}

/** Objects that must migrate, whatever was asked for. */
function evacueeCount({ home, isAvailable, isMigratable }: Placement): number {
  if (!isAvailable.includes(1)) return 0;
  let count = 0;
  for (let object = 0; object < home.length; object++) {
    if (isMigratable[object] === 1 && isAvailable[home[object]!] === 0) count++;
  }
  return count;
}

/** Sends objects home until there are no more migrations than allowed, those first whose return adds fewest bytes. */
function trim(affinity: Affinity, migrationsMax: number): void {
  const { placement, graph } = affinity;
  const { at, home, objectCount, isAvailable } = placement;
  const returns = new IndexedHeap(objectCount);
  const key = (object: number): number => affinity.internal[object]! - affinity.between(object, home[object]!);
  for (let object = 0; object < objectCount; object++) {
    if (at[object] !== home[object] && isAvailable[home[object]!] === 1) returns.set(object, key(object));
  }
  while (placement.migrations > migrationsMax && returns.size > 0) {
    const object = returns.pop();
    affinity.move(object, home[object]!);
    for (let i = graph.offset[object]!; i < graph.offset[object + 1]!; i++) {
      const other = graph.neighbour[i]!;
      if (returns.has(other) && !isHub(graph, other)) returns.set(other, key(other));
    }
  }
}
