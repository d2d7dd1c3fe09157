/** Bench `broadcast-reduce`: microseconds per broadcast to 1,024 elements and sum of their contributions. */
import { type Bench, targetOver } from '../bench.ts';
import { runProgram } from '../run-program.ts';

export const broadcastReduce: Bench = {
  name: 'broadcast-reduce',
  summary: 'broadcast to 1,024 elements on two PEs and a sum reduction back',
  // Over 1,024 calls of 15 ns and two round trips of 0.3 us on the reference machine.
  cases: [{ name: 'sum-of-1024', unit: 'us', target: targetOver(80, 16) }],
  sample: (context) => runProgram('broadcast-reduce', 2, context),
};
