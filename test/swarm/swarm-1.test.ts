/** A thousand seeds of the swarm: drawn programs on drawn machines with drawn faults, under the eyes of the checkers. */
import { it } from 'node:test';
import { runSeeds } from './thousand.ts';

it('no invariant breaks, and no loss goes unreported (seeds 1 to 1000)', () => runSeeds(1, 1000));
