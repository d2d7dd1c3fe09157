/** Bench `loop`: an empty parallel loop over two PEs, from the call to its end. */
import type { Bench } from '../bench.ts';
import { runProgram } from '../run-program.ts';

export const loop: Bench = {
  name: 'loop',
  summary: 'an empty parallel loop over two PEs: static, dynamic, with a sum',
  cases: [
    { name: 'static', unit: 'us' },
    { name: 'dynamic', unit: 'us' },
    { name: 'dynamic-sum', unit: 'us' },
  ],
  sample: (context) => runProgram('loop', 2, context),
};
