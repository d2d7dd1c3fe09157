/** Bench `migrate`: microseconds to move an element from one PE of a process to another. */
import { type Bench, targetOver } from '../bench.ts';
import { runProgram } from '../run-program.ts';

export const migrate: Bench = {
  name: 'migrate',
  summary: 'moving an element between two PEs: an empty one, and one with 1 MiB of state',
  cases: [
    // Charm++ takes 1.7 us; a raw-ring round trip took 0.30 us there.
    { name: 'empty', unit: 'us', target: targetOver(5, 0.3) },
    // A move is one direction: half of the calibration is two copies.
    { name: '1-MiB', unit: 'us', target: { ratio: 1.3 } },
  ],
  sample: (context) => runProgram('migrate', 2, context),
};
