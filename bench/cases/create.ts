/** Bench `create`: 10^6 array elements on one PE, time and heap. A fresh job for every run. */
import type { Bench } from '../bench.ts';
import { joinSamples, runProgram } from '../run-program.ts';
import type { Samples } from '../sampling.ts';

export const create: Bench = {
  name: 'create',
  summary: '10^6 array elements on one PE: time until all exist, and heap bytes for each',
  cases: [
    { name: 'time', unit: 'ms', target: { figure: 1200 } },
    { name: 'heap', unit: 'B', target: { figure: 400 } },
  ],
  sample: async (context) => {
    const parts: Samples[] = [];
    for (let run = 0; run < context.plan.runs; run++) parts.push(...(await runProgram('create', 1, context)));
    return joinSamples(parts);
  },
};
