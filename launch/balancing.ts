/**
 * What a job is asked to balance with, made into what the core understands: strategies by name or file, and who hears of
 * steps. Loaded only by jobs that balance.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMachine, initialTransition, transition } from 'xstate';
import type { Balancer, Balancing, LbStep, LbStepEvent, LbStepLife, LbStepState } from '../core/balance/balancing.ts';
import { lbStepLife } from '../core/balance/lb-step-life.ts';
import { AssertionError } from '../core/base/assert.ts';
import { CharmError, UsageError } from '../core/base/errors.ts';
import {
  type DistributedStrategy,
  distributedStrategyNamed,
  dumpText,
  type Strategy,
  strategyNamed,
} from '../lb-strategies/index.ts';
import { type BalancerChoice, type BalancingHooks, type BalancingOptions, balancerList } from './balancing-options.ts';
import { stepLine } from './lb-report.ts';
import { isStrategyFile, prepareProgram } from './program-loader.ts';

/** Between PEs of one process: the cost of a frame, and of copying it in and out. */
const secondsPerMessage = 1e-6;
const secondsPerByte = 2e-10;

/** What one PE of a job on threads is handed; only PE 0 loads central strategies. @throws UsageError, CharmError */
export async function balancingOf(options: BalancingOptions, pe: number): Promise<Balancing> {
  const isNeeded = pe === 0 || balancerList(options.balancer).some(mayHaveAgents);
  return assemble(isNeeded ? await loadAll(options) : [], options, undefined);
}

/** The same for all PEs of a job in one thread. */
export async function balancingFor(options: BalancingOptions & BalancingHooks): Promise<Balancing> {
  return assemble(await loadAll(options), options, options.onLbStep);
}

async function loadAll({ balancer }: BalancingOptions): Promise<Balancer[]> {
  const balancers: Balancer[] = [];
  for (const choice of balancerList(balancer)) {
    if (typeof choice === 'function') balancers.push({ kind: 'central', name: choice.name || 'own', strategy: choice });
    else balancers.push(await load(choice));
  }
  return balancers;
}

/** A file may hold either kind. */
function mayHaveAgents(choice: BalancerChoice): boolean {
  return typeof choice === 'string' && (isStrategyFile(choice) || distributedStrategyNamed(choice) !== undefined);
}

async function load(name: string): Promise<Balancer> {
  if (!isStrategyFile(name)) {
    const agents = distributedStrategyNamed(name);
    if (agents !== undefined) return { kind: 'distributed', name, strategy: agents };
    return { kind: 'central', name, strategy: named(name) };
  }
  const module = (await import(await prepareProgram(name))) as {
    readonly default?: unknown;
    readonly strategy?: unknown;
  };
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
  listener: ((step: LbStep) => void) | undefined,
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
      return assemble(await loadAll(changed), changed, listener);
    },
    secondsPerMessage,
    secondsPerByte,
    makeLife,
    onStep: listenersOf(options, listener),
  };
}

function listenersOf(
  { lbDebug, lbDump }: BalancingOptions,
  listener: ((step: LbStep) => void) | undefined,
): (step: LbStep) => void {
  const warnings = new Warnings();
  const listeners = [listener ?? ((step: LbStep): void => warnings.hear(step))];
  if (lbDebug === true)
    listeners.push(
      (step) =>
        void process.stderr.write(`${stepLine(step)}
`),
    );
  if (lbDump !== undefined) {
    makeFolder(lbDump);
    listeners.push((step) => writeDump(lbDump, step));
  }
  return (step) => {
    for (const hear of listeners) hear(step);
  };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    const message = `the folder ${folder} for dumps of load-balancing steps can't be made: ${String(cause)}`;
    throw new UsageError(message, 'ERR_USAGE', undefined, { cause });
  }
}

function writeDump(folder: string, { report, statistics }: LbStep): void {
  if (statistics === undefined) return;
  const name = `step-${report.step}`;
  const dump = { name, step: report.step, statistics, secondsPerMessage, secondsPerByte, charm: {} };
  writeFileSync(join(folder, `${name}.json`), dumpText(dump));
}

/** What the program's author should know of, each thing once. */
class Warnings {
  readonly #told = new Set<string>();

  hear({ report, failure }: LbStep): void {
    const { strategy, refusals, held } = report;
    if (failure !== undefined)
      this.#tell(
        'failure',
        `the strategy ${strategy} failed in step ${report.step}: ${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}`,
      );
    if (refusals.length > 0)
      this.#tell('refusal', `step ${report.step}: ${refusals.length} moves refused; ${refusals[0]}`);
    if (held > 0)
      this.#tell(
        'held',
        `step ${report.step}: ${held} of ${report.objects} objects stay where they are, since an async entry method of theirs is ` +
          'under way (await this.atSync() is one); write resumeFromSync() to let them move',
      );
  }

  #tell(kind: string, text: string): void {
    if (this.#told.has(kind)) return;
    this.#told.add(kind);
    process.stderr.write(`charm4ts: load balancing: ${text}\n`);
  }
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
