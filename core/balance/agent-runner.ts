/**
 * The agents of distributed strategies on one PE: no PE ever knows the loads of all.
 *
 *  1. PE 0 says down the tree that a step begins. Each PE hands its agent what it has measured.
 *  2. Agents send each other words. PE 0 asks down the tree how many have been sent and received; when all that were
 *     sent by the end of one question had been received by the end of the one before, none is on its way.
 *  3. PE 0 says so, and every agent's `quiet` is called. If one of them has more to do or sends something: back to 2.
 *  4. PE 0 says that they shall move: each PE sends off what its agent has said. Those that come count as words received;
 *     PE 0 asks again until all have come.
 *  5. PE 0 asks for what came of it: sums, and the seconds that each PE was busy.
 *
 * Invariant: an agent receives nothing of a step before its own `begin` of that step.
 */
import { SeededRandom } from '../base/random.ts';
import type { Key } from '../chare/index-space.ts';
import type { Pe } from '../pe/pe.ts';
import type { Agent, AgentHost, DistributedStrategy, LocalStatistics } from './agent.ts';
import type { Balancing } from './balancing.ts';
import type { LocalReport } from './load-database.ts';

/** What PE 0 asks, and the word that a step begins. Values are the wire. */
export const Question = { begin: 0, count: 1, quiet: 2, move: 3, outcome: 4 } as const;
export type Question = (typeof Question)[keyof typeof Question];

/** Answers of a subtree. Not all questions fill in all of it. */
export interface AgentAnswer {
  /** Words and objects that were sent, and that have come, since the job began. */
  readonly sent: number;
  readonly received: number;
  /** An agent has more to do. */
  readonly hasMore: boolean;
  readonly outcome: AgentOutcome | undefined;
}

export interface AgentOutcome {
  readonly objects: number;
  readonly edges: number;
  readonly held: number;
  /** No PE had anything to do but balancing. */
  readonly isIdle: boolean;
  readonly migrations: number;
  readonly refusals: readonly string[];
  /** Four numbers a PE: itself, seconds it was busy, its speed, whether it is available. */
  readonly pes: readonly number[];
  /** Three numbers a move: from, to, work. */
  readonly moves: readonly number[];
}

/** A word between agents. */
export interface AgentWord {
  readonly step: number;
  readonly message: unknown;
}

/** What the runner needs of the PE's LbManager. */
export interface RunnerHost {
  tellAgent(to: number, word: AgentWord): void;
  report(): LocalReport;
  isAvailable(pe: number): boolean;
  /** Sends an object off. Returns why not, if it can't go. */
  dispatch(set: number, key: Key, to: number): string | undefined;
}

const refusalsMax = 20;

export class AgentRunner {
  readonly #pe: Pe;
  readonly #host: RunnerHost;
  readonly #agents = new Map<DistributedStrategy, Agent>();
  #balancing: Balancing;
  #agent: Agent | undefined = undefined;
  #step = -1;
  #local: LocalReport | undefined = undefined;
  /** By object of the last statistics, where its agent wants it; -1: where it is. */
  #wishes = new Int32Array(0);
  #sent = 0;
  #received = 0;
  #migrations = 0;
  #moves: number[] = [];
  #refusals: string[] = [];
  /** Words of a step that has not begun here. */
  readonly #early: { readonly from: number; readonly word: AgentWord }[] = [];

  constructor(pe: Pe, host: RunnerHost, balancing: Balancing) {
    this.#pe = pe;
    this.#host = host;
    this.#balancing = balancing;
  }

  adopt(balancing: Balancing): void {
    this.#balancing = balancing;
  }

  /** Step 1: agents of the strategy with this number in the list. */
  begin(step: number, balancer: number): void {
    const { balancers } = this.#balancing;
    const chosen = balancers[balancer];
    if (chosen?.kind !== 'distributed')
      throw new Error(`strategy ${balancer} of ${balancers.length} has no agents here`);
    let agent = this.#agents.get(chosen.strategy);
    if (agent === undefined) {
      agent = chosen.strategy.makeAgent(this.#hostOfAgents());
      this.#agents.set(chosen.strategy, agent);
    }
    this.#agent = agent;
    this.#step = step;
    const local = this.#host.report();
    this.#local = local;
    this.#wishes = new Int32Array(local.load.length).fill(-1);
    this.#attempt(() => agent.begin(localStatistics(this.#pe, local)));
    for (const { from, word } of this.#early.splice(0)) this.receive(from, word);
  }

  /** A word of another PE's agent. */
  receive(from: number, word: AgentWord): void {
    if (word.step > this.#step) {
      this.#early.push({ from, word });
      return;
    }
    this.#received++;
    this.#attempt(() => this.#agent?.receive(from, word.message));
  }

  /** An object has come that a step has sent here. */
  came(): void {
    this.#received++;
  }

  /** This PE's own part of the answer. */
  answer(question: Question): AgentAnswer {
    let hasMore = false;
    if (question === Question.quiet) {
      const before = this.#sent;
      this.#attempt(() => {
        hasMore = this.#agent?.quiet?.() === true;
      });
      hasMore ||= this.#sent > before;
    } else if (question === Question.move) this.#move();
    const outcome = question === Question.outcome ? this.#outcome() : undefined;
    return { sent: this.#sent, received: this.#received, hasMore, outcome };
  }

  #move(): void {
    const { sets, keys, load, speed } = this.#local!;
    for (const [object, to] of this.#wishes.entries()) {
      if (to === -1) continue;
      const refusal = this.#host.dispatch(sets[object]!, keys[object]!, to);
      if (refusal !== undefined) {
        this.#refuse(refusal);
        continue;
      }
      this.#sent++;
      this.#migrations++;
      this.#moves.push(this.#pe.id, to, load[object]! * speed);
    }
    this.#wishes.fill(-1);
  }

  #outcome(): AgentOutcome {
    const local = this.#local!;
    const busy = local.load.reduce((sum, load) => sum + load, local.background);
    const outcome = {
      objects: local.load.length,
      edges: local.from.length,
      held: local.held,
      isIdle: local.isIdle,
      migrations: this.#migrations,
      refusals: this.#refusals,
      pes: [this.#pe.id, busy, local.speed, local.isAvailable ? 1 : 0],
      moves: this.#moves,
    };
    this.#migrations = 0;
    this.#refusals = [];
    this.#moves = [];
    return outcome;
  }

  #hostOfAgents(): AgentHost {
    const pe = this.#pe;
    const { secondsPerMessage, secondsPerByte } = this.#balancing;
    return {
      pe: pe.id,
      pes: pe.pes,
      node: Int32Array.from({ length: pe.pes }, (_, other) => Math.floor(other / pe.pesPerNode)),
      random: new SeededRandom(Math.floor(pe.random.next() * 2 ** 32), pe.id),
      secondsPerMessage,
      secondsPerByte,
      send: (to, message) => this.#send(to, message),
      move: (object, to) => this.#wish(object, to),
    };
  }

  #send(to: number, message: unknown): void {
    if (!this.#isPe(to)) return this.#refuse(`the agent of PE ${this.#pe.id} sends to PE ${to}, which there is not`);
    this.#sent++;
    this.#host.tellAgent(to, { step: this.#step, message });
  }

  #wish(object: number, to: number): void {
    const local = this.#local!;
    const name = `object ${object} of PE ${this.#pe.id}`;
    if (!Number.isInteger(object) || this.#wishes[object] === undefined)
      return this.#refuse(`there is no ${name}: its objects are 0 to ${this.#wishes.length - 1}`);
    if (!this.#isPe(to)) return this.#refuse(`${name} cannot go to PE ${to}: PEs are 0 to ${this.#pe.pes - 1}`);
    if (this.#wishes[object] !== -1) return this.#refuse(`${name} is moved twice`);
    if (to === this.#pe.id) return;
    if (local.isMigratable[object] === 0) return this.#refuse(`${name} is pinned and cannot go to PE ${to}`);
    if (!this.#host.isAvailable(to)) return this.#refuse(`${name} cannot go to PE ${to}, which is not available`);
    this.#wishes[object] = to;
  }

  #isPe(to: number): boolean {
    return Number.isInteger(to) && to >= 0 && to < this.#pe.pes;
  }

  #refuse(refusal: string): void {
    if (this.#refusals.length < refusalsMax) this.#refusals.push(refusal);
  }

  /** An agent that throws costs moves, and nothing else. */
  #attempt(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      this.#refuse(
        `the agent of PE ${this.#pe.id} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      );
    }
  }
}

/** The answers of two subtrees together. */
export function addAnswers(a: AgentAnswer, b: AgentAnswer): AgentAnswer {
  return {
    sent: a.sent + b.sent,
    received: a.received + b.received,
    hasMore: a.hasMore || b.hasMore,
    outcome: a.outcome === undefined || b.outcome === undefined ? undefined : addOutcomes(a.outcome, b.outcome),
  };
}

function addOutcomes(a: AgentOutcome, b: AgentOutcome): AgentOutcome {
  return {
    objects: a.objects + b.objects,
    edges: a.edges + b.edges,
    held: a.held + b.held,
    isIdle: a.isIdle && b.isIdle,
    migrations: a.migrations + b.migrations,
    refusals: [...a.refusals, ...b.refusals].slice(0, refusalsMax),
    pes: [...a.pes, ...b.pes],
    moves: [...a.moves, ...b.moves],
  };
}

/** A report as agents see it: edges to objects elsewhere end at the PE where this PE takes them to be. */
function localStatistics(pe: Pe, report: LocalReport): LocalStatistics {
  const { sets, keys, load } = report;
  const index = new Map<string, number>();
  for (let object = 0; object < load.length; object++) index.set(`${sets[object]} ${String(keys[object])}`, object);
  const columns = { from: [] as number[], to: [] as number[], toPe: [] as number[], edge: [] as number[] };
  for (let edge = 0; edge < report.from.length; edge++) {
    const from = report.from[edge]!;
    const set = report.toSet[edge]!;
    const key = report.toKeys[edge]!;
    const to = index.get(`${set} ${String(key)}`) ?? -1;
    // What was sent by objects that have left since.
    if (from >= load.length || from === to) continue;
    columns.from.push(from);
    columns.to.push(to);
    columns.toPe.push(to === -1 ? (pe.collections.numbered(set)?.location.whereIs(key) ?? pe.id) : pe.id);
    columns.edge.push(edge);
  }
  const { wall, background, idle, speed, isAvailable, memoryFree, isMigratable, bytes, position } = report;
  return {
    wall,
    background,
    idle,
    speed,
    isAvailable,
    memoryFree,
    objects: {
      count: load.length,
      load,
      pe: new Int32Array(load.length).fill(pe.id),
      isMigratable,
      bytes,
      collection: sets.subarray(0, load.length),
      position,
    },
    edges: {
      count: columns.from.length,
      from: Int32Array.from(columns.from),
      to: Int32Array.from(columns.to),
      toPe: Int32Array.from(columns.toPe),
      messages: Float64Array.from(columns.edge, (edge) => report.messages[edge]!),
      bytes: Float64Array.from(columns.edge, (edge) => report.edgeBytes[edge]!),
    },
  };
}
