/** Bench `stream`: small messages per second from one PE to another. */
import type { Bench } from '../bench.ts';
import { runProgram } from '../run-program.ts';

export const stream: Bench = {
  name: 'stream',
  summary: 'one-way small messages from one PE to another',
  cases: [{ name: 'one-way', unit: 'msg/s', target: { figure: 4e6 } }],
  sample: (context) => runProgram('stream', 2, context),
};
