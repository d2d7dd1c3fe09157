/**
 * What a load-balancing strategy sees and says. Strategies are pure: statistics in, migrations out; they never meet a
 * runtime object, so they run on a dump, in a property test, or in a user's file of twenty lines.
 *
 * All arrays of `objects` have `objects.count` entries, and so on. Indices are positions in these arrays and mean
 * nothing from one step to the next. Times are seconds since the last step, sizes are bytes.
 */
export interface ObjectStatistics {
  readonly count: number;
  /** Time its entry methods took, on the PE where it is, in seconds. */
  readonly load: Float64Array;
  /** Where it is. */
  readonly pe: Int32Array;
  /** 0: pinned. A move of it is refused, whatever a strategy says. */
  readonly isMigratable: Uint8Array;
  /** Size of its packed state; 0 where unknown. */
  readonly bytes: Float64Array;
  /** Which collection it belongs to; bound collections share one. */
  readonly collection: Int32Array;
  /** Three coordinates an object (its index, or what the program gave), or empty where there are none. */
  readonly position: Float64Array;
}

export interface PeStatistics {
  readonly count: number;
  /** Time spent outside objects that can be measured, in seconds: runtime, other programs. */
  readonly background: Float64Array;
  readonly idle: Float64Array;
  /** Relative speed: an object of load x on a PE of speed s takes x·s/t on one of speed t. 1 where unknown. */
  readonly speed: Float64Array;
  /** 0: nothing may be placed there, and what is there should leave. */
  readonly isAvailable: Uint8Array;
  /** Node runtime (process) that the PE belongs to. */
  readonly node: Int32Array;
  /** Memory that may still be used, in bytes; Infinity where unknown. */
  readonly memoryFree: Float64Array;
}

/** Messages from one object to another; a multicast of a section is an edge to each of its members. Self-sends and broadcasts are left out. */
export interface EdgeStatistics {
  readonly count: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly messages: Float64Array;
  /** Bytes of all these messages together. */
  readonly bytes: Float64Array;
}

export interface LbStatistics {
  readonly objects: ObjectStatistics;
  readonly pes: PeStatistics;
  readonly edges: EdgeStatistics;
}

export interface StrategyContext {
  /** Number of the balancing step, from 0. */
  readonly step: number;
  /** Seeded: the same statistics and seed give the same answer. */
  readonly random: { next(): number };
  /** Price of sending, in seconds, for strategies that weigh it against load. */
  readonly secondsPerMessage: number;
  readonly secondsPerByte: number;
}

/** Move an object to a PE. Naming an object twice, or the PE where it is, is allowed: the last word counts. */
export interface Migration {
  readonly object: number;
  readonly to: number;
}

/** A central strategy. */
export type Strategy = (statistics: LbStatistics, context: StrategyContext) => Iterable<Migration>;
