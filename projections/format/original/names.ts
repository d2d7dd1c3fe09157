/**
 * How what the original does not know appears in its logs: as user events and statistics with numbers of our own, above
 * all others.
 */
import { type PointKind, pointKinds, type SpanKind, spanKinds } from '../../model/schema.ts';
import type { NamedId, PeTrace, TraceInfo } from '../../model/trace.ts';

const spanNames: Partial<Record<SpanKind, string>> = {
  gc: 'garbage collection',
  lbStep: 'load balancing step',
  migrateOut: 'migration out',
  migrateIn: 'migration in',
  reduction: 'reduction',
  quiescence: 'quiescence detection',
  checkpoint: 'checkpoint',
};

const pointNames: Partial<Record<PointKind, string>> = {
  queueLength: 'queue length',
  lbLoadBefore: 'load before balancing (s)',
  lbLoadAfter: 'load after balancing (s)',
};

export interface ForeignNames {
  /** By kind of span and of point; only those that occur. */
  readonly eventOf: ReadonlyMap<number, NamedId>;
  readonly statOf: ReadonlyMap<number, NamedId>;
}

export function foreignNames(info: TraceInfo, pes: readonly PeTrace[]): ForeignNames {
  const spans = new Set<number>();
  const points = new Set<number>();
  for (const pe of pes) {
    for (const kind of pe.spans.kind) spans.add(kind);
    for (const kind of pe.points.kind) points.add(kind);
  }
  return {
    eventOf: numbered(spans, spanKinds, spanNames, info.userEvents),
    statOf: numbered(points, pointKinds, pointNames, info.userStats),
  };
}

function numbered<K extends string>(
  used: ReadonlySet<number>,
  kinds: readonly K[],
  names: Partial<Record<K, string>>,
  taken: readonly NamedId[],
): Map<number, NamedId> {
  const base = taken.reduce((max, { id }) => Math.max(max, id), 0) + 1;
  const found = new Map<number, NamedId>();
  for (const code of [...used].sort((a, b) => a - b)) {
    const name = names[kinds[code]!];
    if (name !== undefined) found.set(code, { id: base + code, name });
  }
  return found;
}
