/** Block: objects in their order, in blocks of equal count, over the available PEs. Load is not looked at. */
import type { Strategy } from '../core/balance/strategy.ts';
import { availablePes } from './loads.ts';
import { Placement } from './placement.ts';
import { migrationsTo } from './statistics.ts';

export const block: Strategy = (statistics) => {
  const { objects } = statistics;
  const pes = availablePes(new Placement(statistics));
  if (pes.length === 0) return [];
  return migrationsTo(
    statistics,
    objects.pe.map((_, object) => pes[Math.floor((object * pes.length) / objects.count)]!),
  );
};
