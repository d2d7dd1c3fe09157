/** Rotate: every object goes to the next available PE. It balances nothing; it is for testing migration. */
import type { Strategy } from '../core/balance/strategy.ts';
import { availablePes } from './loads.ts';
import { Placement } from './placement.ts';
import { migrationsTo } from './statistics.ts';

export const rotate: Strategy = (statistics) => {
  const pes = availablePes(new Placement(statistics));
  if (pes.length === 0) return [];
  const next = Int32Array.from({ length: statistics.pes.count }, (_, pe) => pes.find((other) => other > pe) ?? pes[0]!);
  return migrationsTo(
    statistics,
    statistics.objects.pe.map((pe) => next[pe]!),
  );
};
