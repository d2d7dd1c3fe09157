/** Bench `pingpong`: microseconds per round trip between two PEs. */
import { type Bench, targetOver } from '../bench.ts';
import { runProgram } from '../run-program.ts';

export const pingpong: Bench = {
  name: 'pingpong',
  summary: 'round trips between two PEs: a number, and typed arrays of 100 B, 64 KiB and 1 MiB, copied and shared',
  cases: [
    // Over a raw-ring round trip of 0.30 and 0.32 us on the reference machine.
    { name: '8-B', unit: 'us', target: targetOver(0.99, 0.3) },
    { name: '100-B', unit: 'us', target: targetOver(1.3, 0.32) },
    // Over two copies a direction.
    { name: '64-KiB', unit: 'us', target: { ratio: 1.3 } },
    { name: '1-MiB', unit: 'us', target: { ratio: 1.3 } },
    { name: '1-MiB-shared', unit: 'us', target: targetOver(2, 0.3) },
  ],
  sample: (context) => runProgram('pingpong', 2, context),
};
