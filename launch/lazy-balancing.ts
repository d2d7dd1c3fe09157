/** Balancing for jobs that may never balance: strategies and machines are loaded when they are first asked for. */
import { type Balancing, noBalancing } from '../core/balance/balancing.ts';
import { type BalancingHooks, type BalancingOptions, checkBalancing, isBalanced } from './balancing-options.ts';

/** For the PEs of a job in this thread. @throws UsageError, CharmError */
export async function inThreadBalancing(options: BalancingOptions & BalancingHooks): Promise<Balancing> {
  checkBalancing(options);
  const load = async (chosen: BalancingOptions & BalancingHooks): Promise<Balancing> =>
    (await import('./balancing.ts')).balancingFor(chosen);
  return isBalanced(options) ? load(options) : later((balancer) => load({ ...options, balancer }));
}

/** For one PE of a job on threads. @throws UsageError, CharmError */
export async function peBalancing(options: BalancingOptions, pe: number): Promise<Balancing> {
  const load = async (chosen: BalancingOptions): Promise<Balancing> =>
    (await import('./balancing.ts')).balancingOf(chosen, pe);
  return isBalanced(options) ? load(options) : later((balancer) => load({ ...options, balancer }));
}

function later(changed: Balancing['changed']): Balancing {
  return { ...noBalancing, changed };
}
