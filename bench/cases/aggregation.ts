/** Bench `aggregation`: small messages per second from one node runtime to another, aggregated; the calibration is plain ones. */
import type { Bench } from '../bench.ts';
import { runProgram } from '../run-program.ts';

export const aggregation: Bench = {
  name: 'aggregation',
  summary: 'one-way small messages from one process to another, aggregated, against plain ones',
  cases: [{ name: 'one-way', unit: 'msg/s' }],
  sample: (context) => runProgram('aggregation', 1, context, { nodes: 2 }),
};
