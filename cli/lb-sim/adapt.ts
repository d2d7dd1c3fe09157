/** Balancing steps changed before strategies see them. */
import { type Dump, statisticsFrom } from '../../lb-strategies/index.ts';

/**
 * The same objects on another number of PEs: those of PEs beyond it start on `pe % count`, new PEs are empty, available
 * and of speed 1. The answers of Charm++ are dropped, since they were given for another step.
 */
export function withPeCount(dump: Dump, count: number): Dump {
  const { objects, pes, edges } = dump.statistics;
  if (count === pes.count) return dump;
  const resized = (column: Float64Array | Uint8Array, neutral: number): number[] =>
    Array.from({ length: count }, (_, pe) => column[pe] ?? neutral);
  const statistics = statisticsFrom({
    objects: { ...objects, pe: objects.pe.map((pe) => pe % count) },
    pes: {
      count,
      background: resized(pes.background, 0),
      idle: resized(pes.idle, 0),
      speed: resized(pes.speed, 1),
      isAvailable: resized(pes.isAvailable, 1),
      node: Array.from({ length: count }, (_, pe) => pes.node[pe] ?? 0),
      memoryFree: resized(pes.memoryFree, Number.POSITIVE_INFINITY),
    },
    edges,
  });
  return { ...dump, statistics, charm: {} };
}

export function withoutBackground(dump: Dump): Dump {
  const { pes } = dump.statistics;
  return { ...dump, statistics: { ...dump.statistics, pes: { ...pes, background: new Float64Array(pes.count) } } };
}
