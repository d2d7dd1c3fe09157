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
 *  6. If the numbers of step 2 or 4 do not agree for long, PEs compare them, and whoever finds one wrong says so (word-counts.ts).
 *
 * Invariant: an agent receives nothing of a step before its own `begin` of that step.
 */
import type { Key } from '../chare/index-space.ts';
import type { Pe } from '../pe/pe.ts';
import type { DistributedStrategy } from './agent.ts';
import { AgentSeat } from './agent-seat.ts';
import type { Balancing } from './balancing.ts';
import type { LocalReport } from './load-database.ts';
import { type Mark, WordCounts } from './word-counts.ts';

/** What PE 0 asks, and the word that a step begins. Values are the wire. */
export const Question = { begin: 0, count: 1, quiet: 2, move: 3, outcome: 4, compare: 5, compareAll: 6 } as const;
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
  readonly message?: unknown;
  /** Behind all words so far: how many there were. */
  readonly mark?: Mark;
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
  readonly #seats = new Map<DistributedStrategy, AgentSeat>();
  readonly #counts: WordCounts;
  #balancing: Balancing;
  #seat: AgentSeat | undefined = undefined;
  #step = -1;
  #wishes: { readonly object: number; readonly to: number }[] = [];
  #migrations = 0;
  #moves: number[] = [];
  /** Words of a step that has not begun here. */
  readonly #early: { readonly from: number; readonly word: AgentWord }[] = [];

  constructor(pe: Pe, host: RunnerHost, balancing: Balancing) {
    this.#pe = pe;
    this.#host = host;
    this.#counts = new WordCounts(pe, (to, mark) => host.tellAgent(to, { step: this.#step, mark }));
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
    const seat = this.#seats.get(chosen.strategy) ?? this.#newSeat(chosen.strategy);
    this.#seat = seat;
    this.#step = step;
    this.#counts.begin(step, chosen.name);
    seat.begin(this.#host.report());
    for (const { from, word } of this.#early.splice(0)) this.receive(from, word);
  }

  #newSeat(strategy: DistributedStrategy): AgentSeat {
    const seat = new AgentSeat(this.#pe, strategy, this.#balancing, {
      tell: (to, message) => {
        this.#counts.sent(to);
        this.#host.tellAgent(to, { step: this.#step, message });
      },
      wished: (object, to) => this.#wishes.push({ object, to }),
      isAvailable: (to) => this.#host.isAvailable(to),
    });
    this.#seats.set(strategy, seat);
    return seat;
  }

  /** A word of another PE's agent. */
  receive(from: number, word: AgentWord): void {
    if (word.step > this.#step) this.#early.push({ from, word });
    else if (word.mark !== undefined) this.#counts.compare(from, word.mark);
    else {
      this.#counts.received(from);
      this.#seat?.receive(from, word.message);
    }
  }

  /** An object has come that a step has sent here. */
  came(from: number): void {
    this.#counts.came(from);
  }

  /** This PE's own part of the answer. */
  answer(question: Question): AgentAnswer {
    let hasMore = false;
    if (question === Question.quiet) {
      const before = this.#counts.allSent;
      hasMore = this.#seat!.quiet() || this.#counts.allSent > before;
    } else if (question === Question.move) this.#move();
    else if (question === Question.compare || question === Question.compareAll)
      this.#counts.mark(question === Question.compareAll);
    const outcome = question === Question.outcome ? this.#outcome() : undefined;
    return { sent: this.#counts.allSent, received: this.#counts.allReceived, hasMore, outcome };
  }

  #move(): void {
    const seat = this.#seat!;
    const { sets, keys, load, speed } = seat.local!;
    for (const { object, to } of this.#wishes.splice(0)) {
      const refusal = this.#host.dispatch(sets[object]!, keys[object]!, to);
      if (refusal !== undefined) {
        seat.refuse(refusal);
        continue;
      }
      this.#counts.gone(to);
      this.#migrations++;
      this.#moves.push(this.#pe.id, to, load[object]! * speed);
    }
  }

  #outcome(): AgentOutcome {
    const seat = this.#seat!;
    const outcome = {
      ...loadOutcome(this.#pe, seat.local!),
      migrations: this.#migrations,
      refusals: seat.takeRefusals(),
      moves: this.#moves,
    };
    this.#migrations = 0;
    this.#moves = [];
    return outcome;
  }
}

/** What one PE's report says, as its part of an outcome. */
export function loadOutcome(
  pe: Pe,
  local: LocalReport,
): Pick<AgentOutcome, 'objects' | 'edges' | 'held' | 'isIdle' | 'pes'> {
  const busy = local.load.reduce((sum, load) => sum + load, local.background);
  return {
    objects: local.load.length,
    edges: local.from.length,
    held: local.held,
    isIdle: local.isIdle,
    pes: [pe.id, busy, local.speed, local.isAvailable ? 1 : 0],
  };
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

export function addOutcomes(a: AgentOutcome, b: AgentOutcome): AgentOutcome {
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
