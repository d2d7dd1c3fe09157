/**
 * Balancing without steps: the agent of a distributed strategy on this PE works in its own time, while the program runs.
 *
 *  1. PE 0 says down the tree which strategy of the list it is. Each PE makes its agent, which begins after a drawn part of
 *     the period.
 *  2. Whenever about a period has passed, a PE hands its agent what it has measured since the last time. The agent sends
 *     words, at once, and what it wants to move goes at once too, between two entry methods. Nobody waits for anybody.
 *  3. Once a period PE 0 asks down the tree who has had anything to do but balancing, and what has come of that
 *     (continuous-watch.ts). If nobody has, and nothing has moved, all rest: there are no timers and no words any more, so an
 *     idle job sleeps and a stuck one is found. The first PE that has something to do tells PE 0, and agents go on.
 *
 * Frames of agents are not counted: they show no life of the program, and quiescence need not wait for them. Elements on
 * their way are counted as always.
 *
 * Invariants: an agent receives nothing before its first `begin`; what it wants to move goes when its turn is over, so
 * that an error of the program there is not taken for one of the agent.
 */
import { SeededRandom } from '../base/random.ts';
import type { Key } from '../chare/index-space.ts';
import { FrameKind } from '../message/envelope.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeValue } from '../pup/decode.ts';
import { encodeValue } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { type AgentOutcome, loadOutcome } from './agent-runner.ts';
import { AgentSeat } from './agent-seat.ts';
import type { Balancer, Balancing } from './balancing.ts';
import { ContinuousWatch } from './continuous-watch.ts';
import type { LocalReport } from './load-database.ts';

/** Frames of agents by what they say. Values are the wire. */
export const AgentFrame = { begin: 1, word: 2, ask: 3, answer: 4 } as const;

/** What it needs of the PE's LbManager. */
export interface ContinuousHost {
  readonly parent: number;
  readonly children: readonly number[];
  /** @param periodSeconds loads that the program has given are for so long. */
  report(periodSeconds: number): LocalReport;
  isAvailable(pe: number): boolean;
  /** Sends an object off. Returns why not, if it can't go. */
  dispatch(set: number, key: Key, to: number): string | undefined;
  /** Messages processed here that show some life of the program. */
  others(): number;
  /** All PEs are awake. */
  awake(): void;
  /** On PE 0: what has come of the last period. */
  watched(outcome: AgentOutcome): void;
}

/** Lengths of periods differ by so much, so that PEs do not come together by and by. */
const jitter = 0.2;

/** Whether a strategy works without steps, where the job balances by time. */
export function isContinuous({ periodSeconds }: Balancing, balancer: Balancer | undefined): boolean {
  return periodSeconds !== undefined && balancer?.kind === 'distributed' && balancer.strategy.needsSteps !== true;
}

export class ContinuousBalancing {
  readonly watch: ContinuousWatch;
  readonly #pe: Pe;
  readonly #host: ContinuousHost;
  #balancing: Balancing;
  /** One more for each choice of a strategy: words of an earlier one are of no use. */
  #run = 0;
  #seat: AgentSeat | undefined = undefined;
  #random: SeededRandom | undefined = undefined;
  #cancelTimer: (() => void) | undefined = undefined;
  #wishes: { readonly object: number; readonly to: number }[] = [];
  /** Words that have come before the first `begin` here. */
  #early: { readonly run: number; readonly from: number; readonly message: unknown }[] = [];
  // Since PE 0 last asked.
  #migrations = 0;
  #moves: number[] = [];
  #othersAtAsk = Number.NaN;

  constructor(pe: Pe, host: ContinuousHost, balancing: Balancing) {
    this.#pe = pe;
    this.#host = host;
    this.#balancing = balancing;
    this.watch = new ContinuousWatch(pe, host, () => this.#outcome());
    pe.handle(FrameKind.agents, (frame) => this.#onFrame(frame));
  }

  adopt(balancing: Balancing): void {
    this.#balancing = balancing;
  }

  /** On PE 0: agents of this strategy of the list begin everywhere, or go on. */
  lead(balancer: number): void {
    if (this.watch.isOn) return;
    this.#begin(this.#seat === undefined ? this.#run + 1 : this.#run, balancer);
    this.watch.start(this.#periodMs);
  }

  /** On PE 0: this strategy is no longer the one. */
  stop(): void {
    if (this.#seat === undefined) return;
    this.watch.stop();
    this.#begin(this.#run + 1, -1);
  }

  /** Nobody has anything to do. */
  rest(): void {
    this.watch.stop();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  get #periodMs(): number {
    return this.#balancing.periodSeconds! * 1000;
  }

  // ---- beginning ----

  #begin(run: number, balancer: number): void {
    const { writer } = this.#pe;
    for (const child of this.#host.children) {
      writer.begin(FrameKind.agents, AgentFrame.begin, 0, run, this.#pe.id);
      writer.f64(balancer);
      writer.end();
      this.#pe.send(child);
    }
    this.#host.awake();
    this.#othersAtAsk = Number.NaN;
    if (run !== this.#run) this.#choose(run, balancer);
    if (this.#seat !== undefined && this.#cancelTimer === undefined) this.#plan(this.#drawn(0, 1));
  }

  #choose(run: number, balancer: number): void {
    this.rest();
    this.#run = run;
    const chosen = this.#balancing.balancers[balancer];
    this.#seat = undefined;
    if (chosen?.kind !== 'distributed') return;
    const pe = this.#pe;
    this.#random ??= new SeededRandom(Math.floor(pe.random.next() * 2 ** 32), pe.id);
    this.#seat = new AgentSeat(pe, chosen.strategy, this.#balancing, {
      tell: (to, message) => this.#tell(to, message),
      wished: (object, to) => this.#wishes.push({ object, to }),
      isAvailable: (to) => this.#host.isAvailable(to),
    });
  }

  // ---- rounds ----

  #drawn(from: number, to: number): number {
    return from + (to - from) * this.#random!.next();
  }

  #plan(periods: number): void {
    this.#cancelTimer = this.#pe.host.after(this.#periodMs * periods, () => {
      this.#cancelTimer = undefined;
      this.#pe.guard(() => this.#round());
    });
  }

  #round(): void {
    const seat = this.#seat;
    if (seat === undefined || this.#pe.isStopped) return;
    seat.begin(this.#host.report(this.#balancing.periodSeconds!));
    this.#carryOut(seat);
    for (const { run, from, message } of this.#early.splice(0)) this.#receive(run, from, message);
    this.#plan(this.#drawn(1 - jitter / 2, 1 + jitter / 2));
  }

  #receive(run: number, from: number, message: unknown): void {
    const seat = this.#seat;
    if (run < this.#run) return;
    if (run > this.#run || seat?.local === undefined) {
      this.#early.push({ run, from, message });
      return;
    }
    seat.receive(from, message);
    this.#carryOut(seat);
  }

  #carryOut(seat: AgentSeat): void {
    if (this.#wishes.length === 0) return;
    const { sets, keys, load, speed } = seat.local!;
    for (const { object, to } of this.#wishes.splice(0)) {
      const refusal = this.#host.dispatch(sets[object]!, keys[object]!, to);
      if (refusal !== undefined) {
        seat.refuse(refusal);
        continue;
      }
      this.#migrations++;
      this.#moves.push(this.#pe.id, to, load[object]! * speed * this.#toPeriod(seat.local!));
    }
  }

  #tell(to: number, message: unknown): void {
    const pe = this.#pe;
    if (to === pe.id) return this.#receive(this.#run, to, message);
    pe.writer.begin(FrameKind.agents, AgentFrame.word, 0, this.#run, pe.id);
    encodeValue(pe.writer, message, 'load balancing');
    pe.writer.end();
    pe.send(to);
  }

  // ---- what PE 0 asks ----

  /** Since it was last asked. */
  #outcome(): AgentOutcome {
    const others = this.#host.others();
    const isIdle = others === this.#othersAtAsk;
    this.#othersAtAsk = others;
    const local = this.#seat?.local;
    const pe = this.#pe;
    const nothing = { objects: 0, edges: 0, held: 0, pes: [pe.id, 0, 1, 1] };
    const known = local === undefined ? nothing : loadOutcome(pe, local);
    const [id = 0, busy = 0, ...rest] = known.pes;
    const outcome = {
      ...known,
      pes: [id, local === undefined ? 0 : busy * this.#toPeriod(local), ...rest],
      isIdle,
      migrations: this.#migrations,
      refusals: this.#seat?.takeRefusals() ?? [],
      moves: this.#moves,
    };
    this.#migrations = 0;
    this.#moves = [];
    return outcome;
  }

  /** From the time that was measured to a period. */
  #toPeriod({ wall }: LocalReport): number {
    return wall > 0 ? this.#balancing.periodSeconds! / wall : 0;
  }

  #onFrame(frame: Reader): void {
    const { context } = this.#pe;
    switch (frame.flags) {
      case AgentFrame.begin:
        return this.#begin(frame.collection, frame.f64());
      case AgentFrame.word:
        return this.#receive(frame.collection, frame.source, decodeValue(frame, context));
      case AgentFrame.ask:
        return this.watch.ask();
      case AgentFrame.answer:
        return this.watch.onAnswer(decodeValue(frame, context) as AgentOutcome);
    }
  }
}
