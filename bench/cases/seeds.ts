/**
 * Bench `seeds`: three tree searches on two PEs under every seed balancer. The calibration is the same search on one PE,
 * in a job just before: the ratio is 0.5 for perfect speed-up.
 */
import { seedBalancerNames } from '../../lb-strategies/index.ts';
import type { Bench } from '../bench.ts';
import { runProgram } from '../run-program.ts';
import type { Samples } from '../sampling.ts';

const searches = ['fib', 'queens', 'tree'];
const balancers = seedBalancerNames();

export const seeds: Bench = {
  name: 'seeds',
  summary: 'Fibonacci tree, n queens and an unbalanced tree on two PEs, under every seed balancer',
  cases: searches.flatMap((search) =>
    balancers.map((balancer) => ({ name: `${search}/${balancer}`, unit: 'ms' }) as const),
  ),
  sample: async (context) => {
    const all: Samples[] = [];
    for (const balancer of balancers) {
      const alone = await runProgram('seeds', 1, context, { seedBalancer: 'none' });
      for (const { case: search, figure } of await runProgram('seeds', 2, context, { seedBalancer: balancer })) {
        const values = alone.find((samples) => samples.case === search)?.figure ?? [];
        all.push({ case: `${search}/${balancer}`, figure, calibration: { name: 'one-PE', values } });
      }
    }
    return all;
  },
};
