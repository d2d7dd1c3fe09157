/** Combo: strategies one after the other, each starting from the placement that the one before it arrived at. */
import type { Strategy } from '../core/balance/strategy.ts';
import { migrationsTo, withPlacement } from './statistics.ts';

export function combo(strategies: readonly Strategy[]): Strategy {
  return (statistics, context) => {
    let current = statistics;
    for (const strategy of strategies) {
      const at = current.objects.pe.slice();
      for (const { object, to } of strategy(current, context)) at[object] = to;
      current = withPlacement(current, at);
    }
    return migrationsTo(statistics, current.objects.pe);
  };
}
