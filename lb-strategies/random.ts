/** Random: every object goes to a random available PE. A baseline, and good for testing migration. */
import type { Strategy } from '../core/balance/strategy.ts';
import { availablePes } from './loads.ts';
import { Placement } from './placement.ts';
import { migrationsTo } from './statistics.ts';

export const random: Strategy = (statistics, context) => {
  const pes = availablePes(new Placement(statistics));
  if (pes.length === 0) return [];
  return migrationsTo(
    statistics,
    statistics.objects.pe.map(() => pes[Math.floor(context.random.next() * pes.length)]!),
  );
};
