/** A thousand seeds of the swarm: drawn programs on drawn machines with drawn faults, under the eyes of the checkers. */
import { it } from 'node:test';
import { runSeeds } from './thousand.ts';

it('no invariant breaks, and no loss goes unreported (seeds 1001 to 2000)', () => runSeeds(1001, 1000));
