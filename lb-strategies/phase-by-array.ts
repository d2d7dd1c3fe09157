/**
 * PhaseByArray: balances each collection by itself with another strategy, for programs whose collections compute in
 * different phases. One pass a collection, in which only its objects may move and only its load counts, so that every
 * phase is even, not just their sum.
 */
import type { LbStatistics, Strategy } from '../core/balance/strategy.ts';
import { migrationsTo, withPlacement } from './statistics.ts';

export function phaseByArray(inner: Strategy): Strategy {
  return (statistics, context) => {
    const { collection, count } = statistics.objects;
    const at = statistics.objects.pe.slice();
    for (const phase of new Set(collection)) {
      const answer = inner(onlyPhase(withPlacement(statistics, at), phase), context);
      for (const { object, to } of answer) {
        if (object >= 0 && object < count && collection[object] === phase) at[object] = to;
      }
    }
    return migrationsTo(statistics, at);
  };
}

function onlyPhase(statistics: LbStatistics, phase: number): LbStatistics {
  const { objects } = statistics;
  const isIn = (object: number): boolean => objects.collection[object] === phase;
  const load = objects.load.map((seconds, object) => (isIn(object) ? seconds : 0));
  const isMigratable = objects.isMigratable.map((flag, object) => (isIn(object) ? flag : 0));
  return { ...statistics, objects: { ...objects, load, isMigratable } };
}
