/**
 * Measures a placement: how even the load is, what crosses PEs, and how many objects had to move for it.
 *
 * Load of a PE is what its objects would take there (an object of load x measured at speed s takes x·s/t at speed t),
 * with the background load of the PE if asked for. The average is over the PEs that are available.
 */
import type { LbStatistics } from '../core/balance/strategy.ts';

export interface Quality {
  /** Largest PE load over the average of the available PEs; 1 is perfect, and what an empty step has. */
  readonly maxOverAvg: number;
  /** Bytes between different PEs. */
  readonly externalBytes: number;
  /** Messages between different PEs. */
  readonly externalMessages: number;
  /** Objects whose PE changed. */
  readonly migrations: number;
}

export interface QualityOptions {
  /** Counts the background load of PEs too. Default: objects only, as `+LBObjOnly` does. */
  readonly isBackgroundCounted?: boolean;
}

/** Quality of `placement` (a PE for each object) for the objects that were measured where `statistics` has them. */
export function qualityOf(statistics: LbStatistics, placement: Int32Array, options: QualityOptions = {}): Quality {
  const load = peLoads(statistics, placement, options.isBackgroundCounted ?? false);
  const traffic = externalTraffic(statistics, placement);
  return {
    maxOverAvg: maxOverAverage(load, statistics.pes.isAvailable),
    externalBytes: traffic.bytes,
    externalMessages: traffic.messages,
    migrations: migrationCount(statistics, placement),
  };
}

export function peLoads(statistics: LbStatistics, placement: Int32Array, isBackgroundCounted: boolean): Float64Array {
  const { objects, pes } = statistics;
  const load = isBackgroundCounted ? pes.background.slice() : new Float64Array(pes.count);
  for (let object = 0; object < objects.count; object++) {
    const pe = placement[object]!;
    load[pe]! += (objects.load[object]! * pes.speed[objects.pe[object]!]!) / pes.speed[pe]!;
  }
  return load;
}

/** Bytes that each PE sends to and receives from other PEs, added. */
export function peTraffic(statistics: LbStatistics, placement: Int32Array): Float64Array {
  const { edges, pes } = statistics;
  const traffic = new Float64Array(pes.count);
  for (let edge = 0; edge < edges.count; edge++) {
    const from = placement[edges.from[edge]!]!;
    const to = placement[edges.to[edge]!]!;
    if (from === to) continue;
    traffic[from]! += edges.bytes[edge]!;
    traffic[to]! += edges.bytes[edge]!;
  }
  return traffic;
}

function externalTraffic(statistics: LbStatistics, placement: Int32Array): { messages: number; bytes: number } {
  const { count, from, to, messages, bytes } = statistics.edges;
  const external = { messages: 0, bytes: 0 };
  for (let edge = 0; edge < count; edge++) {
    if (placement[from[edge]!] === placement[to[edge]!]) continue;
    external.messages += messages[edge]!;
    external.bytes += bytes[edge]!;
  }
  return external;
}

function maxOverAverage(load: Float64Array, isAvailable: Uint8Array): number {
  let max = 0;
  let total = 0;
  let available = 0;
  for (let pe = 0; pe < load.length; pe++) {
    max = Math.max(max, load[pe]!);
    total += load[pe]!;
    available += isAvailable[pe]!;
  }
  return total === 0 ? 1 : (max * Math.max(1, available)) / total;
}

function migrationCount(statistics: LbStatistics, placement: Int32Array): number {
  let count = 0;
  for (let object = 0; object < placement.length; object++) {
    if (placement[object] !== statistics.objects.pe[object]) count++;
  }
  return count;
}
