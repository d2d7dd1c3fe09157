/**
 * WorkStealing: PEs with little work ask random victims for objects.
 *
 *  1. In a round (with every `begin` and, in a balancing step, `quiet`), a PE that was idle for a while asks a few random
 *     PEs for their load. Busy PEs ask nobody.
 *  2. When all have answered, it turns to the heaviest it knows: *steal*.
 *  3. The victim, if it is still heavier, offers, and they deal (dealings.ts). The thief takes up to the mean of the
 *     loads it has asked for, so the first to find a rich victim leaves something for the next.
 *
 * Nobody computes an average over all PEs, and balanced PEs cost nothing. Idle is who was not busy all the time, so in
 * steps this relies on PEs waiting for the busiest.
 */
import type { Agent, AgentHost, DistributedStrategy, LocalStatistics } from '../../core/balance/agent.ts';
import { Dealings, isDeal } from './dealings.ts';
import { anotherPe } from './draw.ts';
import { meanMeasured, OwnPe, type PeState } from './own-pe.ts';

export const workStealing: DistributedStrategy = { makeAgent: (host) => new WorkStealingAgent(host) };

/** A PE that was busy for a larger share of its time does not steal. */
const busy = 0.97;
const askedMax = 8;
const tolerance = 1.02;

type Message =
  | { readonly theft: 'ask' }
  | { readonly theft: 'steal' }
  | { readonly theft: 'answer'; readonly state: PeState };

class WorkStealingAgent implements Agent {
  readonly #host: AgentHost;
  readonly #sample = new Map<number, PeState>();
  readonly #dealings: Dealings;
  readonly #roundsMax: number;
  #own: OwnPe | undefined;
  #rounds = 0;
  #unanswered = 0;
  /** `quiet` comes only in steps. */
  #isInStep = false;

  constructor(host: AgentHost) {
    this.#host = host;
    this.#roundsMax = 2 * Math.ceil(Math.log2(host.pes)) + 4;
    this.#dealings = new Dealings(host, {
      level: () => this.#level(),
      heard: (pe, state) => this.#sample.set(pe, state),
    });
  }

  begin(local: LocalStatistics): void {
    this.#own = new OwnPe(local, this.#host);
    this.#sample.clear();
    if (this.#isInStep) this.#rounds = 0;
    this.#dealings.begin(this.#own, this.#isInStep);
    this.#isInStep = false;
    this.#round(this.#own);
  }

  receive(from: number, message: unknown): void {
    if (isDeal(message)) return this.#dealings.receive(from, message);
    const heard = message as Message;
    if (heard.theft === 'ask') this.#answer(from);
    else if (heard.theft === 'steal') this.#dealings.offer(from);
    else this.#answered(from, heard.state);
  }

  quiet(): boolean {
    this.#isInStep = true;
    if (this.#own === undefined || this.#rounds >= this.#roundsMax) return this.#dealings.sweep();
    this.#round(this.#own);
    return true;
  }

  #round(own: OwnPe): void {
    const { pes } = this.#host;
    this.#rounds++;
    if (pes > 1 && this.#rounds > this.#roundsMax) this.#dealings.sweep();
    if (!own.isAvailable || own.load >= busy || this.#unanswered > 0) return;
    const asked = new Set<number>();
    while (asked.size < Math.min(askedMax, pes - 1)) asked.add(anotherPe(this.#host));
    this.#unanswered = asked.size;
    for (const victim of asked) this.#host.send(victim, { theft: 'ask' } satisfies Message);
  }

  #answer(thief: number): void {
    const own = this.#own;
    if (own === undefined) return;
    // A PE to be left that has nothing to give is no victim.
    const state = own.hasMovable ? own.state : { ...own.state, load: 0 };
    this.#host.send(thief, { theft: 'answer', state } satisfies Message);
  }

  #answered(from: number, state: PeState): void {
    this.#sample.set(from, state);
    this.#unanswered--;
    const own = this.#own;
    if (this.#unanswered > 0 || own === undefined || own.load * tolerance >= this.#level()) return;
    let victim = -1;
    let most = tolerance * own.load;
    for (const [pe, { load }] of this.#sample) if (load > most) [victim, most] = [pe, load];
    if (victim !== -1) this.#host.send(victim, { theft: 'steal' } satisfies Message);
  }

  /** Mean of the loads it has asked for, and its own; 0 for a PE that has asked nobody: a victim may give anything. */
  #level(): number {
    if (this.#own === undefined || this.#sample.size === 0) return 0;
    return meanMeasured([this.#own.state, ...this.#sample.values()]);
  }
}
