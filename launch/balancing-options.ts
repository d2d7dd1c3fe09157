/** The choices about load balancing that all ways to start a job offer. */

import type { DistributedStrategy } from '../core/balance/agent.ts';
import type { LbStep } from '../core/balance/balancing.ts';
import type { Strategy } from '../core/balance/strategy.ts';
import { UsageError } from '../core/base/errors.ts';

/** A name of docs/load-balancing-strategies.md, a file, or a strategy itself. */
export type BalancerChoice = string | Strategy | DistributedStrategy;

export interface BalancingOptions {
  /**
   * Names of strategies or files of your own, separated by commas or in a list: the first for the first step, the last for
   * all that follow. Default: no balancing.
   */
  readonly balancer?: string | readonly BalancerChoice[];
  /**
   * Steps come after so many seconds, and `atSync()` waits for nothing; distributed strategies work without steps, each PE
   * about as often. Default: at every AtSync.
   */
  readonly lbPeriod?: number;
  /** Steps come only at those AtSync where they pay, by what they cost and what imbalance costs. */
  readonly lbAdaptive?: boolean;
  /** Elements go on while the strategy works, and move between their entry methods. */
  readonly lbAsync?: boolean;
  /** The strategy sees loads foreseen from those of earlier steps. */
  readonly lbPredict?: boolean;
  /** Prints a line for each step to standard error. */
  readonly lbDebug?: boolean;
  /** Writes each step as a file into this folder, for `charm4ts lb-sim`. */
  readonly lbDump?: string;
}

/** For jobs in this thread. */
export interface BalancingHooks {
  /** Hears of every step, in place of the warnings on standard error. */
  readonly onLbStep?: (step: LbStep) => void;
}

export function balancerList(balancer: BalancingOptions['balancer']): readonly BalancerChoice[] {
  if (balancer === undefined) return [];
  return typeof balancer === 'string' ? balancer.split(',').map((name) => name.trim()) : balancer;
}

/** True for what `--balancer` takes as a file, as opposed to the name of a strategy. */
export function isStrategyFile(name: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(name);
}

/** What PE threads are told of it, as plain data. @throws UsageError for what can't be */
export function onlyBalancing(options: BalancingOptions): BalancingOptions {
  const { lbPeriod, lbAdaptive, lbAsync, lbPredict, lbDebug, lbDump } = options;
  const balancer = balancerList(options.balancer);
  if (balancer.some((choice) => typeof choice !== 'string'))
    throw new UsageError('a job on threads takes strategies by name or file, since functions do not travel');
  checkBalancing(options);
  const given = { lbPeriod, lbAdaptive, lbAsync, lbPredict, lbDebug, lbDump };
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return { balancer, ...(Object.fromEntries(known) as Omit<BalancingOptions, 'balancer'>) };
}

export function checkBalancing({ lbPeriod, lbAdaptive }: BalancingOptions): void {
  if (lbPeriod === undefined) return;
  if (!(lbPeriod > 0 && lbPeriod < Number.POSITIVE_INFINITY))
    throw new UsageError(`lbPeriod is a number of seconds above 0, not ${lbPeriod}`);
  if (lbAdaptive === true)
    throw new UsageError('lbPeriod and lbAdaptive exclude each other: one says when, the other learns it');
}

/** True if steps can come without the program or a person asking for a strategy first. */
export function isBalanced({ balancer }: BalancingOptions): boolean {
  return balancerList(balancer).length > 0;
}
