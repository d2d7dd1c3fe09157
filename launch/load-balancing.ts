/**
 * The choices about load balancing made into what the core understands: strategies by name or file, and the life of a step.
 * The same in Node.js and in browsers; how a file is imported and who hears of steps is handed in.
 */
import { createMachine, initialTransition, transition } from 'xstate';
import type { Balancer, Balancing, LbStep, LbStepEvent, LbStepLife, LbStepState } from '../core/balance/balancing.ts';
import { lbStepLife } from '../core/balance/lb-step-life.ts';
import { AssertionError } from '../core/base/assert.ts';
import { CharmError, UsageError } from '../core/base/errors.ts';
import {
  type DistributedStrategy,
  distributedStrategyNamed,
  type Strategy,
  strategyNamed,
} from '../lb-strategies/index.ts';
import { type BalancerChoice, type BalancingOptions, balancerList, isStrategyFile } from './balancing-options.ts';

/** Between PEs of one process: the cost of a frame, and of copying it in and out. */
export const secondsPerMessage = 1e-6;
export const secondsPerByte = 2e-10;

export interface StrategyModule {
  readonly default?: unknown;
  readonly strategy?: unknown;
}

export interface BalancingSurroundings {
  /** The module of a strategy file. @throws CharmError if there is none */
  readonly importFile: (name: string) => Promise<StrategyModule>;
  /** Hears of every step. */
  readonly onStep: (step: LbStep) => void;
}

/** For one PE; only PE 0 loads central strategies. @throws UsageError, CharmError */
export async function loadBalancing(
  options: BalancingOptions,
  pe: number,
  surroundings: BalancingSurroundings,
): Promise<Balancing> {
  const isNeeded = pe === 0 || balancerList(options.balancer).some(mayHaveAgents);
  return assemble(isNeeded ? await loadAll(options, surroundings) : [], options, surroundings);
}

async function loadAll({ balancer }: BalancingOptions, surroundings: BalancingSurroundings): Promise<Balancer[]> {
  const balancers: Balancer[] = [];
  for (const choice of balancerList(balancer)) {
    if (typeof choice === 'function') balancers.push({ kind: 'central', name: choice.name || 'own', strategy: choice });
    else if (typeof choice === 'object') balancers.push({ kind: 'distributed', name: 'own', strategy: choice });
    else balancers.push(await load(choice, surroundings));
  }
  return balancers;
}

/** A file may hold either kind. */
function mayHaveAgents(choice: BalancerChoice): boolean {
  return typeof choice === 'string' && (isStrategyFile(choice) || distributedStrategyNamed(choice) !== undefined);
}

async function load(name: string, { importFile }: BalancingSurroundings): Promise<Balancer> {
  if (!isStrategyFile(name)) {
    const agents = distributedStrategyNamed(name);
    if (agents !== undefined) return { kind: 'distributed', name, strategy: agents };
    return { kind: 'central', name, strategy: named(name) };
  }
  const module = await importFile(name);
  const strategy = module.default ?? module.strategy;
  if (typeof strategy === 'function') return { kind: 'central', name, strategy: strategy as Strategy };
  if (typeof strategy === 'object' && strategy !== null && 'makeAgent' in strategy)
    return { kind: 'distributed', name, strategy: strategy as DistributedStrategy };
  throw new CharmError(
    'ERR_PROGRAM',
    `${name} exports no strategy: expected a function, or { makeAgent }, as its default export or as export strategy`,
  );
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function named(name: string): Strategy {
  try {
    return strategyNamed(name);
  } catch (cause) {
    // Its message says all; where it was thrown says nothing to a user.
    throw new UsageError(describe(cause));
  }
}

function assemble(
  balancers: readonly Balancer[],
  options: BalancingOptions,
  surroundings: BalancingSurroundings,
): Balancing {
  const { lbPeriod, lbAdaptive = false, lbAsync = false, lbPredict = false } = options;
  return {
    balancers,
    isOn: balancerList(options.balancer).length > 0,
    ...(lbPeriod === undefined ? {} : { periodSeconds: lbPeriod }),
    isAdaptive: lbAdaptive,
    isAsync: lbAsync,
    isPredicted: lbPredict,
    changed: async (names) => {
      const changed = { ...options, balancer: names };
      return assemble(await loadAll(changed, surroundings), changed, surroundings);
    },
    secondsPerMessage,
    secondsPerByte,
    makeLife,
    onStep: surroundings.onStep,
  };
}

const machine = createMachine({
  id: lbStepLife.id,
  initial: lbStepLife.initial,
  states: Object.fromEntries(Object.entries(lbStepLife.states).map(([name, { on }]) => [name, { on: { ...on } }])),
});

/** The machine, and who is told when it enters a state. */
function makeLife(entered: (state: LbStepState) => void): LbStepLife {
  let [snapshot] = initialTransition(machine);
  return {
    send(event: LbStepEvent): void {
      if (!snapshot.can({ type: event }))
        throw new AssertionError(`load balancing: ${event} while ${String(snapshot.value)}`);
      [snapshot] = transition(machine, snapshot, { type: event });
      entered(snapshot.value as LbStepState);
    },
  };
}
