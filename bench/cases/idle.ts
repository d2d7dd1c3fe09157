/** Bench `idle`: what a job with nothing to do costs, and how fast it wakes. */
import type { Bench } from '../bench.ts';
import { runProgram } from '../run-program.ts';

export const idle: Bench = {
  name: 'idle',
  summary: 'processor time of an idle job, percent of a core per PE, and how long a message to a sleeping PE takes',
  cases: [
    { name: 'cpu', unit: '%', target: { figure: 1 } },
    { name: 'wake', unit: 'us', target: { figure: 30 } },
  ],
  sample: (context) => runProgram('idle', 2, context),
};
