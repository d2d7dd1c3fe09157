/** Bench `lb-step`: microseconds of a whole AtSync step of 2,048 elements on two PEs. */
import type { Bench } from '../bench.ts';
import { runProgram } from '../run-program.ts';

/** Nothing moves; what is measured decides; everything moves. */
const strategies = ['Dummy', 'RefineComm', 'Rotate'];

export const lbStep: Bench = {
  name: 'lb-step',
  summary: 'an AtSync step of 2,048 elements on 2 PEs, from the first atSync() to the last element that goes on',
  cases: strategies.map((name) => ({ name, unit: 'us' })),
  sample: async (context) => {
    const samples = [];
    for (const balancer of strategies)
      samples.push(...(await runProgram('lb-step', 2, context, { balancer, args: [balancer] })));
    return samples;
  },
};
