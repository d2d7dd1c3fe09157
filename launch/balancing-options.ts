/** The choices about load balancing that all ways to start a job offer. */
import type { LbStep } from '../core/balance/balancing.ts';
import type { Strategy } from '../core/balance/strategy.ts';
import { UsageError } from '../core/base/errors.ts';

/** A name of docs/load-balancing-strategies.md, a file, or a strategy itself. */
export type BalancerChoice = string | Strategy;

export interface BalancingOptions {
  /**
   * Names of strategies or files of your own, separated by commas or in a list: the first for the first step, the last for
   * all that follow. Default: no balancing.
   */
  readonly balancer?: string | readonly BalancerChoice[];
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

/** What PE threads are told of it, as plain data. @throws UsageError for a strategy that is a function */
export function onlyBalancing({ balancer, lbDebug, lbDump }: BalancingOptions): BalancingOptions | undefined {
  const choices = balancerList(balancer);
  if (choices.length === 0) return undefined;
  if (choices.some((choice) => typeof choice !== 'string'))
    throw new UsageError('a job on threads takes strategies by name or file, since functions do not travel');
  return {
    balancer: choices,
    ...(lbDebug === undefined ? {} : { lbDebug }),
    ...(lbDump === undefined ? {} : { lbDump }),
  };
}
