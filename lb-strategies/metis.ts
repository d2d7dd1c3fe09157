/**
 * Metis: multilevel k-way partitioning of the communication graph from scratch, parts given to the PEs that already hold
 * most of them. The fewest external bytes at a given balance; most objects move. O(E log N).
 *
 * MetisRepartition: the same method started from where objects are; more external bytes, far fewer migrations.
 */
import type { Strategy } from '../core/balance/strategy.ts';
import { multilevelPlacement } from './multilevel.ts';

const tolerance = 1.003;

export const metis: Strategy = (statistics) =>
  multilevelPlacement(statistics, { tolerance, isRepartition: false }).placement.migrationList();

export const metisRepartition: Strategy = (statistics) =>
  multilevelPlacement(statistics, { tolerance, isRepartition: true }).placement.migrationList();
