/** Machines and orders of execution to run a program under, all in one thread. */
import assert from 'node:assert/strict';
import {
  type InThreadOptions,
  type InThreadResult,
  runInThread,
  runSimulated,
  type SimulationOptions,
  type SimulationResult,
} from 'charm4ts/sim';
import fc from 'fast-check';
import type { BalancingHooks, BalancingOptions } from '../../launch/balancing-options.ts';

export interface Schedule {
  readonly pes: number;
  readonly pesPerNode: number;
  readonly seed: number;
  readonly shuffle: boolean;
  /** In virtual time on this network; without one PEs take turns at random, in real time. */
  readonly network?: string;
  /** On a simulated network: what goes wrong. */
  readonly faults?: SimulationOptions['faults'];
  /** On a simulated network: what is on its disk. */
  readonly files?: SimulationOptions['files'];
  /** On a simulated network: watch the invariants. */
  readonly check?: boolean;
  /** Hears how the simulated run ended. */
  readonly ended?: (result: SimulationResult) => void;
}

/** 1 to 9 PEs, now and then 64, in nodes of any size. */
export const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    pes: fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 1, max: 9 }) },
      { weight: 1, arbitrary: fc.constantFrom(17, 64) },
    ),
    share: fc.integer({ min: 1, max: 9 }),
    seed: fc.nat(),
    shuffle: fc.boolean(),
    network: fc.constantFrom(undefined, undefined, 'gigabit', 'ethernet100g', 'shared-memory'),
  })
  .map(({ pes, share, seed, shuffle, network }) => ({
    pes,
    pesPerNode: Math.ceil(pes / share),
    seed,
    shuffle,
    ...(network === undefined ? {} : { network }),
  }));

/** A few fixed ones, for tests that draw nothing else. */
export const someSchedules: readonly Schedule[] = [1, 2, 3, 5, 64].flatMap((pes) => {
  const machine = { pes, pesPerNode: Math.ceil(pes / 2), seed: 7 * pes };
  return [
    { ...machine, shuffle: true },
    { ...machine, shuffle: false },
    { ...machine, shuffle: false, network: 'gigabit' },
  ];
});

export type Program = Readonly<Record<string, unknown>>;

/** What both kinds of runs tell. */
type RunResult = Omit<InThreadResult, 'framesBetweenNodes'>;

async function start({
  network,
  faults,
  files,
  check,
  ended,
  trace,
  ...options
}: InThreadOptions & Pick<Schedule, 'network' | 'faults' | 'files' | 'check' | 'ended'>): Promise<RunResult> {
  const watch = trace === undefined ? {} : { trace };
  if (network === undefined) return runInThread({ ...options, ...watch });
  const result = await runSimulated({
    ...options,
    ...watch,
    network,
    ...(faults === undefined ? {} : { faults }),
    ...(files === undefined ? {} : { files }),
    ...(check === undefined ? {} : { check }),
  });
  ended?.(result);
  return result;
}

/** Runs a program that must end without error. */
export async function run(
  program: Program,
  schedule: Schedule & Pick<InThreadOptions, 'trace'> & BalancingOptions & BalancingHooks,
): Promise<RunResult> {
  const result = await start({ program, ...schedule });
  if (result.error !== undefined) throw result.error;
  assert.equal(result.exitCode, 0);
  return result;
}

/** Runs a program that must fail, and gives its error. */
export async function runToFailure(program: Program, schedule: Partial<Schedule> = {}): Promise<Error> {
  const result = await start({ program, pes: 2, ...schedule });
  assert.equal(result.exitCode, 1);
  assert(result.error instanceof Error, 'the job ended without an error');
  return result.error;
}
