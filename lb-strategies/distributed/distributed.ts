/**
 * Distributed: every PE learns the mean and the largest load, and the heavy ones which PEs are light, as DistributedLB of the
 * original does it.
 *
 *  1. A reduction over a tree of the PEs (work, speed, largest load), and a broadcast of the result. It ends the step, or
 *     opens a phase, whose threshold is half way from the mean to the largest load.
 *  2. Gossip: PEs below the mean send what they know of light PEs (at first themselves) to three random PEs; whoever
 *     hears of new ones passes them on, a limited number of times. Silence ends it.
 *  3. PEs above the threshold, so the heaviest first, offer to light PEs, drawn by the room that they seem to have; those
 *     grant what keeps them within the target (dealings.ts). Silence ends the phase: back to 1.
 *
 * The step ends when the largest load is within the target, after a few phases that brought nothing, or when the phases
 * are used up.
 *
 * PEs that are not available are above any threshold; what is left on them after the last phase is offered urgently.
 *
 * In continuous balancing there is no silence: a PE takes it that gossip, and then offers, are over with its next `begin`. What
 * comes late is old news, or a deal for the phase that follows. When the loads are even, the next `begin` opens a phase again.
 *
 * A step takes O(log P) hops a phase; a PE sends a few messages of at most 64 light PEs, and its deals.
 */
import type { Agent, AgentHost, DistributedStrategy, LocalStatistics } from '../../core/balance/agent.ts';
import { Dealings, isDeal } from './dealings.ts';
import { anotherPe, drawnByWeight } from './draw.ts';
import { OwnPe } from './own-pe.ts';

export const distributed: DistributedStrategy = { makeAgent: (host) => new DistributedAgent(host) };

const target = 1.02;
const phasesMax = 12;
/** A phase that lowers the largest load by less than this share has brought nothing. */
const leastProgress = 0.01;
/** After as many of those in a row, what is left can't be moved. */
const stuckPhasesMax = 3;
/** Light PEs that one PE knows. All of them would be P² entries in P messages. */
const knownMax = 64;
/** Children of a PE in the tree of the reduction. */
const fanOut = 2;
/** PEs that news is told to at a time: three reach 94 % of all. */
const told = 3;
const partnersMax = 16;

interface Totals {
  readonly work: number;
  readonly speed: number;
  /** Largest load of an available PE. */
  readonly max: number;
  /** Something that can move is on a PE that is not available. */
  readonly isStranded: boolean;
}

const noTotals: Totals = { work: 0, speed: 0, max: 0, isStranded: false };

interface Decision {
  readonly step: 'down';
  readonly mean: number;
  readonly threshold: number;
  readonly isLast: boolean;
}

type Message =
  | (Totals & { readonly step: 'up' })
  | Decision
  | { readonly step: 'light'; readonly pes: readonly number[]; readonly loads: readonly number[] };

class DistributedAgent implements Agent {
  readonly #host: AgentHost;
  readonly #children: readonly number[];
  readonly #dealings: Dealings;
  readonly #light = new Map<number, number>();
  #own: OwnPe | undefined;
  #totals: Totals = noTotals;
  /** Parts that are in `totals`: of this PE and of its children. */
  #combined = 0;
  #mean = 0;
  #threshold = Number.POSITIVE_INFINITY;
  /** Largest load before the phase; only PE 0 knows. */
  #maxBefore = Number.POSITIVE_INFINITY;
  #stuckPhases = 0;
  #phase = 0;
  #tellsLeft = 0;
  #isGossipOver = false;
  #isOver = false;
  /** Its part of the totals is out, and no decision has come yet. */
  #isReducing = false;
  /** `quiet` comes only in steps. */
  #isInStep = true;

  constructor(host: AgentHost) {
    this.#host = host;
    this.#children = [1, 2].map((child) => fanOut * host.pe + child).filter((pe) => pe < host.pes);
    this.#dealings = new Dealings(host, {
      level: () => target * this.#mean,
      heard: (pe, state) => {
        if (this.#light.has(pe)) this.#light.set(pe, state.load);
      },
    });
  }

  begin(local: LocalStatistics): void {
    const isInStep = this.#isInStep;
    this.#isInStep = false;
    this.#own = new OwnPe(local, this.#host);
    this.#dealings.begin(this.#own, isInStep);
    if (isInStep || this.#isOver) this.#start();
    else if (!this.#isReducing) this.#goOnAfterSilence();
  }

  #start(): void {
    this.#phase = 0;
    this.#stuckPhases = 0;
    this.#isGossipOver = false;
    this.#isOver = false;
    this.#maxBefore = Number.POSITIVE_INFINITY;
    this.#reduce();
  }

  receive(from: number, received: unknown): void {
    if (isDeal(received)) return this.#dealings.receive(from, received);
    const message = received as Message;
    if (message.step === 'up') this.#combine(message);
    else if (message.step === 'down') this.#goOn(message);
    else this.#hear(message.pes, message.loads);
  }

  quiet(): boolean {
    this.#isInStep = true;
    if (this.#isOver) return this.#dealings.sweep();
    this.#goOnAfterSilence();
    return true;
  }

  #goOnAfterSilence(): void {
    // One silence ends the gossip, the next the offers.
    this.#isGossipOver = !this.#isGossipOver;
    if (this.#isGossipOver) this.#offers();
    else this.#reduce();
  }

  #reduce(): void {
    const own = this.#own;
    if (own === undefined) return;
    this.#isReducing = true;
    const { work, speed, load, isAvailable, hasMovable } = own;
    if (isAvailable) this.#combine({ work, speed, max: load, isStranded: false });
    else this.#combine({ work, speed: 0, max: 0, isStranded: hasMovable });
  }

  /** Takes in this PE's part, or a child's; the last one goes on to the parent. */
  #combine({ work, speed, max, isStranded }: Totals): void {
    const totals = {
      work: this.#totals.work + work,
      speed: this.#totals.speed + speed,
      max: Math.max(this.#totals.max, max),
      isStranded: this.#totals.isStranded || isStranded,
    };
    if (this.#combined++ < this.#children.length) {
      this.#totals = totals;
      return;
    }
    this.#totals = noTotals;
    this.#combined = 0;
    const { pe } = this.#host;
    if (pe === 0) this.#goOn(this.#decide(totals));
    else this.#host.send(Math.floor((pe - 1) / fanOut), { step: 'up', ...totals } satisfies Message);
  }

  /** PE 0 only. */
  #decide({ work, speed, max, isStranded }: Totals): Decision {
    const mean = speed === 0 ? 0 : work / speed;
    const least = target * mean;
    const hasProgress = max < (1 - leastProgress) * this.#maxBefore;
    this.#stuckPhases = hasProgress ? 0 : this.#stuckPhases + 1;
    this.#maxBefore = max;
    const threshold = Math.max(least, ((hasProgress ? max : this.#threshold) + mean) / 2);
    const isDone = max <= least || this.#stuckPhases === stuckPhasesMax;
    const isLast = this.#phase >= phasesMax || speed === 0 || (isDone && !isStranded);
    return { step: 'down', mean, threshold, isLast };
  }

  #goOn(decision: Decision): void {
    for (const child of this.#children) this.#host.send(child, decision);
    this.#isReducing = false;
    this.#mean = decision.mean;
    this.#threshold = decision.threshold;
    this.#isOver = decision.isLast;
    if (this.#isOver) return;
    this.#phase++;
    this.#light.clear();
    this.#tellsLeft = told * Math.ceil(Math.log2(this.#host.pes));
    this.#tellIfLight();
  }

  #tellIfLight(): void {
    const own = this.#own;
    if (own === undefined || !own.isAvailable || own.load >= this.#mean) return;
    this.#light.set(this.#host.pe, own.load);
    this.#tell();
  }

  /** New light PEs are passed on. */
  #hear(pes: readonly number[], loads: readonly number[]): void {
    const before = this.#light.size;
    for (let i = 0; i < pes.length && this.#light.size < knownMax; i++) {
      if (!this.#light.has(pes[i]!)) this.#light.set(pes[i]!, loads[i]!);
    }
    if (this.#light.size > before) this.#tell();
  }

  #tell(): void {
    const { pes } = this.#host;
    const message: Message = { step: 'light', pes: [...this.#light.keys()], loads: [...this.#light.values()] };
    for (let i = 0; i < told && this.#tellsLeft > 0 && pes > 1; i++) {
      this.#tellsLeft--;
      this.#host.send(anotherPe(this.#host), message);
    }
  }

  #offers(): void {
    const own = this.#own;
    if (own === undefined || (own.isAvailable ? own.load <= this.#threshold : !own.hasMovable)) return;
    const light = [...this.#light].filter(([pe]) => pe !== this.#host.pe);
    const roomOf = ([, load]: [number, number]): number => target * this.#mean - load;
    let excess = own.isAvailable ? own.load - this.#mean : own.load;
    let partners = 0;
    for (const entry of drawnByWeight(light, roomOf, this.#host.random)) {
      if (excess <= 0 || partners++ === partnersMax) break;
      excess -= roomOf(entry);
      this.#dealings.offer(entry[0]);
    }
  }
}
