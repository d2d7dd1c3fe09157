/** Makes complete statistics from the parts that matter, and other small things that all who hold statistics need. */
import type { LbStatistics, StrategyContext } from '../core/balance/strategy.ts';

export { migrationsTo } from '../core/balance/checked-step.ts';

/** Columns that may be left out get the neutral value: migratable, speed 1, available, no background, unknown size. */
export interface StatisticsParts {
  readonly objects: {
    readonly load: ArrayLike<number>;
    readonly pe: ArrayLike<number>;
    readonly isMigratable?: ArrayLike<number>;
    readonly bytes?: ArrayLike<number>;
    readonly collection?: ArrayLike<number>;
    readonly position?: ArrayLike<number>;
  };
  readonly pes: {
    readonly count: number;
    readonly background?: ArrayLike<number>;
    readonly idle?: ArrayLike<number>;
    readonly speed?: ArrayLike<number>;
    readonly isAvailable?: ArrayLike<number>;
    readonly node?: ArrayLike<number>;
    readonly memoryFree?: ArrayLike<number>;
  };
  readonly edges?: {
    readonly from: ArrayLike<number>;
    readonly to: ArrayLike<number>;
    readonly messages?: ArrayLike<number>;
    readonly bytes: ArrayLike<number>;
  };
}

/** What Charm++ charges for sending unless told otherwise (`+LBAlpha`, `+LBBeta`). */
export const secondsPerMessageDefault = 3.5e-5;
export const secondsPerByteDefault = 8.5e-9;

/** Self-sends are left out here, as the interface promises. */
export function statisticsFrom({ objects, pes, edges }: StatisticsParts): LbStatistics {
  const objectCount = objects.load.length;
  const one = (length: number, values: ArrayLike<number> | undefined, neutral: number): Float64Array =>
    values === undefined ? new Float64Array(length).fill(neutral) : Float64Array.from(values);
  return {
    objects: {
      count: objectCount,
      load: Float64Array.from(objects.load),
      pe: Int32Array.from(objects.pe),
      isMigratable: Uint8Array.from(one(objectCount, objects.isMigratable, 1)),
      bytes: one(objectCount, objects.bytes, 0),
      collection: Int32Array.from(one(objectCount, objects.collection, 0)),
      position: Float64Array.from(objects.position ?? []),
    },
    pes: {
      count: pes.count,
      background: one(pes.count, pes.background, 0),
      idle: one(pes.count, pes.idle, 0),
      speed: one(pes.count, pes.speed, 1),
      isAvailable: Uint8Array.from(one(pes.count, pes.isAvailable, 1)),
      node: Int32Array.from(one(pes.count, pes.node, 0)),
      memoryFree: one(pes.count, pes.memoryFree, Number.POSITIVE_INFINITY),
    },
    edges: edgesWithoutSelfSends(edges ?? { from: [], to: [], bytes: [] }),
  };
}

function edgesWithoutSelfSends(edges: NonNullable<StatisticsParts['edges']>): LbStatistics['edges'] {
  const kept: number[] = [];
  for (let edge = 0; edge < edges.from.length; edge++) if (edges.from[edge] !== edges.to[edge]) kept.push(edge);
  return {
    count: kept.length,
    from: Int32Array.from(kept, (edge) => edges.from[edge]!),
    to: Int32Array.from(kept, (edge) => edges.to[edge]!),
    messages: Float64Array.from(kept, (edge) => edges.messages?.[edge] ?? 1),
    bytes: Float64Array.from(kept, (edge) => edges.bytes[edge]!),
  };
}

/** A context for one offline step. The randomness is small (mulberry32) and good enough to pick PEs with. */
export function offlineContext(seed = 1, step = 0): StrategyContext {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    step,
    random: { next },
    secondsPerMessage: secondsPerMessageDefault,
    secondsPerByte: secondsPerByteDefault,
  };
}

/** The same statistics, measured as if the objects were where `placement` has them. Loads are converted by speed. */
export function withPlacement(statistics: LbStatistics, placement: Int32Array): LbStatistics {
  const { objects, pes } = statistics;
  const load = objects.load.slice();
  for (let object = 0; object < objects.count; object++) {
    load[object]! *= pes.speed[objects.pe[object]!]! / pes.speed[placement[object]!]!;
  }
  return { ...statistics, objects: { ...objects, load, pe: placement.slice() } };
}
