/** The seed balancer that a job was asked to use. */
import type { SeedStrategy } from '../core/balance/seed-balancer.ts';
import { UsageError } from '../core/base/errors.ts';
import { defaultSeedBalancer, seedBalancerNamed, seedBalancerNames } from '../lb-strategies/seeds/index.ts';

export { defaultSeedBalancer };

/** @throws UsageError with the names there are. */
export function seedStrategyNamed(name: string): SeedStrategy {
  const strategy = seedBalancerNamed(name);
  if (strategy !== undefined) return strategy;
  throw new UsageError(`there is no seed balancer ${name}; there are: ${seedBalancerNames().join(', ')}`);
}
