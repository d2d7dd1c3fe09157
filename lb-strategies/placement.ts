/**
 * A placement in the making: where every object is now, and what that makes of the load of each PE.
 *
 * Loads are kept as *work*: load times the speed of the PE where it was measured. Work w takes w/speed seconds on a
 * PE, so objects have one size wherever they are, and PEs differ only in how fast they do it.
 */
import type { LbStatistics, Migration } from '../core/balance/strategy.ts';
import { migrationsTo } from './statistics.ts';

export class Placement {
  readonly statistics: LbStatistics;
  readonly objectCount: number;
  readonly peCount: number;
  /** Where the objects were measured. */
  readonly home: Int32Array;
  /** Where they are now. */
  readonly at: Int32Array;
  readonly work: Float64Array;
  readonly speed: Float64Array;
  /** Seconds: background and objects. */
  readonly load: Float64Array;
  readonly isAvailable: Uint8Array;
  readonly isMigratable: Uint8Array;
  /** What every PE would take if the load could be spread at will. */
  readonly idealLoad: number;
  /** Objects that are not at home. */
  migrations = 0;

  constructor(statistics: LbStatistics) {
    const { objects, pes } = statistics;
    this.statistics = statistics;
    this.objectCount = objects.count;
    this.peCount = pes.count;
    this.home = objects.pe;
    this.at = objects.pe.slice();
    this.speed = pes.speed;
    this.isAvailable = pes.isAvailable;
    this.isMigratable = objects.isMigratable;
    this.work = workOf(statistics);
    this.load = new Float64Array(pes.count);
    this.#measure();
    this.idealLoad = idealLoad(statistics, this.work);
  }

  /** A copy that goes its own way. */
  clone(): Placement {
    const copy = new Placement(this.statistics);
    copy.become(this.at);
    return copy;
  }

  become(at: Int32Array): void {
    this.at.set(at);
    this.#measure();
  }

  move(object: number, to: number): void {
    const from = this.at[object]!;
    if (from === to) return;
    const home = this.home[object]!;
    this.load[from]! -= this.work[object]! / this.speed[from]!;
    this.load[to]! += this.work[object]! / this.speed[to]!;
    this.at[object] = to;
    if (from === home) this.migrations++;
    else if (to === home) this.migrations--;
  }

  /** Load that `object` is, or would be, on a PE. */
  sizeOn(object: number, pe: number): number {
    return this.work[object]! / this.speed[pe]!;
  }

  /** Largest load of all PEs, unavailable ones included while something is left there. */
  maxLoad(): number {
    let max = 0;
    for (let pe = 0; pe < this.peCount; pe++) {
      if (
        this.load[pe]! > max &&
        (this.isAvailable[pe] === 1 || this.load[pe]! > this.statistics.pes.background[pe]!)
      ) {
        max = this.load[pe]!;
      }
    }
    return max;
  }

  /** Load that a tolerance allows: no less than pinned objects, background and the largest object leave possible. */
  limitFor(tolerance: number): number {
    const { background } = this.statistics.pes;
    const rooted = background.slice();
    let largest = 0;
    for (let object = 0; object < this.objectCount; object++) {
      const home = this.home[object]!;
      if (this.isMigratable[object] === 0) rooted[home]! += this.work[object]! / this.speed[home]!;
      else largest = Math.max(largest, this.work[object]!);
    }
    let limit = tolerance * this.idealLoad;
    let least = Number.POSITIVE_INFINITY;
    for (let pe = 0; pe < this.peCount; pe++) {
      if (this.isAvailable[pe] === 0) continue;
      limit = Math.max(limit, rooted[pe]!);
      least = Math.min(least, rooted[pe]! + largest / this.speed[pe]!);
    }
    return Number.isFinite(least) ? Math.max(limit, least) : limit;
  }

  /** The migrations that lead here from where the objects were measured. */
  migrationList(): Migration[] {
    return migrationsTo(this.statistics, this.at);
  }

  /** Recomputed from the start, which also drops the rounding errors of many moves. */
  #measure(): void {
    this.load.set(this.statistics.pes.background);
    this.migrations = 0;
    for (let object = 0; object < this.objectCount; object++) {
      const pe = this.at[object]!;
      this.load[pe]! += this.work[object]! / this.speed[pe]!;
      if (pe !== this.home[object]) this.migrations++;
    }
  }
}

function workOf({ objects, pes }: LbStatistics): Float64Array {
  const work = objects.load.slice();
  for (let object = 0; object < work.length; object++) work[object]! *= pes.speed[objects.pe[object]!]!;
  return work;
}

function idealLoad({ pes }: LbStatistics, work: Float64Array): number {
  let total = 0;
  let speed = 0;
  for (let object = 0; object < work.length; object++) total += work[object]!;
  for (let pe = 0; pe < pes.count; pe++) {
    if (pes.isAvailable[pe] === 0) continue;
    total += pes.background[pe]! * pes.speed[pe]!;
    speed += pes.speed[pe]!;
  }
  return speed === 0 ? 0 : total / speed;
}

/** Objects grouped by PE: those of `pe` are `object[offset[pe]] ... object[offset[pe + 1] - 1]`, in ascending order. */
export interface ObjectsByPe {
  readonly offset: Int32Array;
  readonly object: Int32Array;
}

export function objectsByPe(peCount: number, at: Int32Array): ObjectsByPe {
  const offset = new Int32Array(peCount + 1);
  for (let i = 0; i < at.length; i++) offset[at[i]! + 1]!++;
  for (let pe = 0; pe < peCount; pe++) offset[pe + 1]! += offset[pe]!;
  const next = offset.slice();
  const object = new Int32Array(at.length);
  for (let i = 0; i < at.length; i++) object[next[at[i]!]!++] = i;
  return { offset, object };
}

/** The objects of each PE, largest work first; equal ones: highest number first. */
export function largestFirstByPe(placement: Placement): ObjectsByPe {
  const groups = objectsByPe(placement.peCount, placement.at);
  const { work } = placement;
  for (let pe = 0; pe < placement.peCount; pe++) {
    groups.object.subarray(groups.offset[pe]!, groups.offset[pe + 1]!).sort((a, b) => work[b]! - work[a]! || b - a);
  }
  return groups;
}
