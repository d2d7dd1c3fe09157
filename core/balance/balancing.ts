/**
 * What a job is told about load balancing, and what it tells. The core knows no strategy: whoever starts the job hands
 * them in.
 */
import { UsageError } from '../base/errors.ts';
import type { DistributedStrategy } from './agent.ts';
import type { LbStatistics, Migration, Strategy } from './strategy.ts';

/** A strategy with its name. */
export type Balancer =
  | { readonly kind: 'central'; readonly name: string; readonly strategy: Strategy }
  | { readonly kind: 'distributed'; readonly name: string; readonly strategy: DistributedStrategy };

/** Settings of load balancing, equal on all PEs. */
export interface Balancing {
  /** Step i is the i-th one's, from the last one's on all are. Empty: there are no steps. Other PEs than 0 need the distributed ones. */
  readonly balancers: readonly Balancer[];
  /** True if there are balancers, also on PEs that are not given them. */
  readonly isOn: boolean;
  /** Steps come after this time, and not at AtSync; agents that need no steps begin so often, each in its own time. */
  readonly periodSeconds?: number;
  /** Steps come only at those AtSync where they pay. */
  readonly isAdaptive?: boolean;
  /** Elements go on while the strategy works, and move between their entry methods. */
  readonly isAsync?: boolean;
  /** Strategies see the loads that are foreseen from earlier steps. */
  readonly isPredicted?: boolean;
  /** Balancing by other strategies with the same settings, for `charm.setBalancer`; none: no balancing. */
  readonly changed: (names: readonly string[]) => Promise<Balancing>;
  /** Price of sending between PEs, in seconds. */
  readonly secondsPerMessage: number;
  readonly secondsPerByte: number;
  /** Makes PE 0 busy for what the strategy is taken to need, in a simulated job; a real one takes what it takes. */
  readonly charge?: (statistics: LbStatistics) => void;
  /** Makes what keeps the state of steps (lb-step-life.ts); only PE 0 asks. */
  readonly makeLife: (entered: (state: LbStepState) => void) => LbStepLife;
  /** PE 0 hears of every step. */
  readonly onStep?: (step: LbStep) => void;
}

export type LbStepState = 'waiting' | 'measuring' | 'deciding' | 'moving';
export type LbStepEvent = 'requested' | 'measured' | 'decided' | 'arrived';

/** The life of balancing steps, one after the other. */
export interface LbStepLife {
  send(event: LbStepEvent): void;
}

/** What has caused a step: all elements have come to AtSync, time, or `charm.balance()`; `continuous`: a period without steps. */
export type LbTrigger = 'atSync' | 'period' | 'manual' | 'continuous';

/** What came of a balancing step. */
export interface LbStepReport {
  /** Number of the step, from 0. */
  readonly step: number;
  readonly strategy: string;
  readonly trigger: LbTrigger;
  readonly objects: number;
  readonly edges: number;
  /** Time of the busiest PE over that of all together, as measured and as it would have been with these moves. */
  readonly before: number;
  readonly after: number;
  /** Seconds that each PE was busy since the last step, as measured and as it would have been. */
  readonly loadsBefore: Float64Array;
  readonly loadsAfter: Float64Array;
  /** Objects that have moved. */
  readonly migrations: number;
  /** Objects that could not move, since an async entry method of theirs was under way when the step began. */
  readonly held: number;
  /** Moves that were not made, and why. */
  readonly refusals: readonly string[];
  /** The step from beginning to end, and of that the strategy. */
  readonly seconds: number;
  readonly strategySeconds: number;
}

/** A step for those who want to see everything. */
export interface LbStep {
  readonly report: LbStepReport;
  /** Undefined for distributed strategies: nobody gathers them. */
  readonly statistics: LbStatistics | undefined;
  readonly moves: readonly Migration[];
  /** What the strategy threw. */
  readonly failure: unknown;
  nameOf(object: number): string;
}

/** No balancing. */
export const noBalancing: Balancing = {
  balancers: [],
  isOn: false,
  secondsPerMessage: 0,
  secondsPerByte: 0,
  makeLife: () => ({ send: () => undefined }),
  changed: () => Promise.reject(new UsageError('whoever started this job has given it no strategies')),
};
