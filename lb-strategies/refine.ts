/**
 * Refine: takes objects off the PEs that are above 1.05 times the average, the largest that fits a light PE first.
 * Few migrations; communication is not looked at. O(N log N), and a few tries where 1.05 cannot be reached.
 */
import type { Strategy } from '../core/balance/strategy.ts';
import { refineLoad } from './load-refinement.ts';
import { Placement } from './placement.ts';

const tolerance = 1.05;

export const refine: Strategy = (statistics) => {
  const placement = new Placement(statistics);
  refineLoad(placement, tolerance);
  return placement.migrationList();
};
