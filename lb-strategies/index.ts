/**
 * Load-balancing strategies by name, and what is needed to write and try one's own.
 *
 * Names are those of the original with or without `LB` at the end, in any case: `RefineComm`, `RefineCommLB`,
 * `refinecomm`. Some take parameters after a colon: `Combo:Greedy+Refine`, `PhaseByArray:Greedy`,
 * `Frontier:tolerance=1.01:migrations=285`.
 */
import type { DistributedStrategy } from '../core/balance/agent.ts';
import type { Strategy } from '../core/balance/strategy.ts';
import { block } from './block.ts';
import { combo } from './combo.ts';
import { commAwareRefine } from './comm-aware-refine.ts';
import { distributed } from './distributed/distributed.ts';
import { centralStrategy } from './distributed/drive.ts';
import { gossip } from './distributed/gossip.ts';
import { memoryUsher } from './distributed/memory-usher.ts';
import { neighbor } from './distributed/neighbor.ts';
import { workStealing } from './distributed/work-stealing.ts';
import { dummy } from './dummy.ts';
import { type FrontierOptions, frontier } from './frontier.ts';
import { greedy } from './greedy.ts';
import { greedyComm } from './greedy-comm.ts';
import { greedyRefine } from './greedy-refine.ts';
import { hybrid } from './hybrid.ts';
import { metis, metisRepartition } from './metis.ts';
import { orb } from './orb.ts';
import { phaseByArray } from './phase-by-array.ts';
import { random } from './random.ts';
import { recBipart } from './rec-bipart.ts';
import { refine } from './refine.ts';
import { refineComm } from './refine-comm.ts';
import { refineSwap } from './refine-swap.ts';
import { rotate } from './rotate.ts';
import { withinMemory } from './within-memory.ts';

export type * from '../core/balance/agent.ts';
export { type CheckedStep, checkedStep } from '../core/balance/checked-step.ts';
export type * from '../core/balance/seed-balancer.ts';
export type * from '../core/balance/strategy.ts';
export { centralStrategy } from './distributed/drive.ts';
export { memoryUsher } from './distributed/memory-usher.ts';
export { type Dump, DumpError, dumpText, readDump } from './dump.ts';
export { type Quality, type QualityOptions, qualityOf } from './quality.ts';
export { seedBalancerNamed, seedBalancerNames } from './seeds/index.ts';
export { offlineContext, type StatisticsParts, statisticsFrom } from './statistics.ts';
export type { FrontierOptions, Strategy };
export { frontier };

/** Strategies of agents, one on every PE. */
const distributedOnes: Readonly<Record<string, DistributedStrategy>> = {
  Distributed: distributed,
  Gossip: gossip,
  MemoryUsher: memoryUsher(),
  Neighbor: neighbor,
  WorkStealing: workStealing,
};

/** Central strategies without parameters. They look at load; memory is seen to afterwards. */
const central: Readonly<Record<string, Strategy>> = {
  Block: block,
  CommAwareRefine: commAwareRefine,
  Dummy: dummy,
  Frontier: frontier(),
  Greedy: greedy,
  GreedyComm: greedyComm,
  GreedyRefine: greedyRefine,
  Hybrid: hybrid,
  Metis: metis,
  MetisRepartition: metisRepartition,
  Orb: orb,
  Random: random,
  RecBipart: recBipart,
  Refine: refine,
  RefineComm: refineComm,
  RefineSwap: refineSwap,
  Rotate: rotate,
};

/** All strategies without parameters. */
const plain: Readonly<Record<string, Strategy>> = {
  ...mapped(central, withinMemory),
  ...mapped(distributedOnes, centralStrategy),
};

function mapped<From, To>(table: Readonly<Record<string, From>>, change: (from: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, change(value)]));
}

/** Strategies made from what stands behind the colon. */
const parameterised: Readonly<Record<string, (parameters: string) => Strategy>> = {
  Combo: (parameters) => combo(parameters.split(/[+,]/).map(strategyNamed)),
  PhaseByArray: (parameters) => phaseByArray(strategyNamed(parameters)),
  Frontier: (parameters) => frontierFrom(parameters),
};

/** What the original calls some of them. */
const aliases: Readonly<Record<string, string>> = {
  combocent: 'Combo',
  null: 'Dummy',
  parmetis: 'MetisRepartition',
  phasebyarray: 'PhaseByArray',
  randcent: 'Random',
  ws: 'WorkStealing',
};

export class UnknownStrategyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnknownStrategyError';
  }
}

/** Names of all strategies, without aliases. */
export function strategyNames(): string[] {
  return [...new Set([...Object.keys(plain), ...Object.keys(parameterised)])].sort();
}

/** Names of those that run as agents on every PE. */
export function distributedStrategyNames(): string[] {
  return Object.keys(distributedOnes);
}

/** The agents behind a name, or undefined if this name is unknown or that of a central strategy. */
export function distributedStrategyNamed(name: string): DistributedStrategy | undefined {
  const canonical = canonicalName(name);
  return Object.hasOwn(distributedOnes, canonical) ? distributedOnes[canonical] : undefined;
}

/** A distributed strategy by its name runs here on one PE for all. @throws UnknownStrategyError with the names there are. */
export function strategyNamed(text: string): Strategy {
  const colon = text.indexOf(':');
  const name = canonicalName(colon === -1 ? text : text.slice(0, colon));
  if (colon === -1) {
    const strategy = plain[name];
    if (strategy !== undefined) return strategy;
    if (name in parameterised)
      throw new UnknownStrategyError(`${name} needs parameters, for instance ${examples[name]}.`);
  } else if (name in parameterised) {
    return withinMemory(parameterised[name]!(text.slice(colon + 1)));
  } else if (name in plain) {
    throw new UnknownStrategyError(`${name} takes no parameters, but got ${text.slice(colon + 1)}.`);
  }
  throw new UnknownStrategyError(`there is no strategy ${text}. There are: ${strategyNames().join(', ')}.`);
}

const examples: Readonly<Record<string, string>> = {
  Combo: 'Combo:Greedy+Refine',
  PhaseByArray: 'PhaseByArray:Greedy',
};

/** The name in the tables, or what was given if there is none. */
function canonicalName(text: string): string {
  const key = text.toLowerCase().replace(/lb$/, '');
  return aliases[key] ?? strategyNames().find((name) => name.toLowerCase() === key) ?? text;
}

function frontierFrom(parameters: string): Strategy {
  const options: { tolerance?: number; migrationsMax?: number } = {};
  for (const parameter of parameters.split(/[:,]/)) {
    const [name, text = ''] = parameter.split('=');
    const value = Number(text);
    if (name === 'tolerance' && value >= 1) options.tolerance = value;
    else if (name === 'migrations' && text !== '' && value >= 0) options.migrationsMax = value;
    else throw new UnknownStrategyError(`Frontier: expected tolerance=1.01 or migrations=285, got ${parameter}.`);
  }
  return frontier(options);
}
