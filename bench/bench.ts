/** What a bench is: a name, cases with units and targets, and a way to get samples. */
import type { Plan, Samples } from './sampling.ts';
import type { TaskSettings } from './task-graph/settings.ts';

export type Unit = 'ns' | 'us' | 'ms' | 'msg/s' | 'B' | '%';

/** What is to be reached; at least one of the two. For `msg/s` these are floors, otherwise ceilings. */
export interface Target {
  /** In the case's unit, on the reference machine. */
  readonly figure?: number;
  /** Figure over calibration: the same target, on any machine and under any load. */
  readonly ratio?: number;
}

export interface Case {
  readonly name: string;
  readonly unit: Unit;
  readonly target?: Target;
}

export interface BenchContext {
  readonly plan: Plan;
  readonly signal: AbortSignal;
  /** Of the bench `task`. */
  readonly task?: TaskSettings;
}

export interface Bench {
  readonly name: string;
  /** One line for `--list`. */
  readonly summary: string;
  readonly cases: readonly Case[];
  /** Runs only if it is named: it takes long, or needs what not everybody has. */
  readonly isOptional?: boolean;
  /** Samples of all cases, in any order. */
  sample(context: BenchContext): Promise<readonly Samples[]>;
}

/** A target from a figure of the reference machine and what the calibration was there. */
export function targetOver(figure: number, calibration: number): Target {
  return { figure, ratio: Number((figure / calibration).toPrecision(3)) };
}
