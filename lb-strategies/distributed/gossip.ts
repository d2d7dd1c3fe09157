/**
 * Gossip: decentralised balancing in the way of MOSIX. Nobody knows everything: each PE knows the recent loads of a few
 * others, spread at random, and pairs of PEs equalise.
 *
 *  1. A round comes with every `begin` and, in a balancing step, with every `quiet`. In it a PE sends the younger half
 *     of its window of loads, and its own load, to a random PE.
 *  2. Once it has heard of enough PEs, a PE above the mean of its window offers to lighter ones, drawn at random by the
 *     room they seem to have: so many heavy PEs that know the same light one do not all turn to it.
 *  3. They deal (dealings.ts): what the light one really has room for decides, not what was heard.
 *
 * It works in steps and in continuous balancing. PEs that are not available are in no window, and give what they have to those in
 * theirs; at the end of a step, or with each `begin`, what is left there is offered urgently.
 *
 * A round costs a PE one message of at most 17 entries, and those of its deals. A step takes about 3·log2 P rounds.
 */
import type { Agent, AgentHost, DistributedStrategy, LocalStatistics } from '../../core/balance/agent.ts';
import { Dealings, isDeal } from './dealings.ts';
import { anotherPe, drawnByWeight } from './draw.ts';
import { type LoadEntry, LoadWindow } from './load-window.ts';
import { meanMeasured, OwnPe, type PeState } from './own-pe.ts';

export const gossip: DistributedStrategy = { makeAgent: (host) => new GossipAgent(host) };

/** Entries of a window: enough to estimate the mean within a few per cent where loads are not extreme. */
const windowMax = 32;
/** In rounds. News reaches most PEs in log2 P rounds or not at all. */
const ageMax = 12;
const partnersMax = 16;
/** A PE this little above the mean is left alone. */
const tolerance = 1.01;

export class GossipAgent implements Agent {
  readonly #host: AgentHost;
  readonly #window = new LoadWindow(windowMax, ageMax);
  readonly #dealings: Dealings;
  /** News told to one PE a round has reached nearly all in log2 P + ln P rounds. */
  readonly #roundsToHear: number;
  readonly #roundsMax: number;
  readonly #bytesKept: number;
  #own: OwnPe | undefined;
  #rounds = 0;
  /** `quiet` comes only in steps. */
  #isInStep = false;

  constructor(host: AgentHost, bytesKept = 0) {
    this.#host = host;
    this.#bytesKept = bytesKept;
    const hops = Math.ceil(Math.log2(host.pes));
    this.#roundsToHear = Math.ceil(1.7 * hops) + 3;
    this.#roundsMax = this.#roundsToHear + hops + 6;
    this.#dealings = new Dealings(host, {
      bytesKept,
      // Who has heard too little to know takes nothing.
      level: () => (this.#hasHeardEnough() ? tolerance * this.#mean() : 0),
      heard: (pe, state) => {
        if (Number.isFinite(state.load)) this.#window.put({ pe, ...state, age: 0 });
      },
    });
  }

  begin(local: LocalStatistics): void {
    if (this.#isInStep) {
      this.#rounds = 0;
      this.#window.forget();
    }
    this.#own = new OwnPe(local, this.#host);
    this.#dealings.begin(this.#own, this.#isInStep);
    this.#isInStep = false;
    this.#round(this.#own);
  }

  receive(from: number, message: unknown): void {
    if (isDeal(message)) this.#dealings.receive(from, message);
    else this.#window.merge(message as Float64Array, this.#host.pe);
  }

  quiet(): boolean {
    this.#isInStep = true;
    if (this.#own === undefined || this.#rounds >= this.#roundsMax) return this.#dealings.sweep();
    this.#round(this.#own);
    return true;
  }

  #round(own: OwnPe): void {
    const { pe, pes } = this.#host;
    this.#rounds++;
    if (pes === 1) return;
    this.#window.grow();
    const self = own.isAvailable ? { pe, ...own.state, age: 0 } : undefined;
    this.#host.send(anotherPe(this.#host), this.#window.message(self, windowMax / 2));
    if (!this.#hasHeardEnough()) return;
    if (this.#dealings.isPressed) this.#relieve(own);
    this.#equalise(own);
  }

  #hasHeardEnough(): boolean {
    const { pes } = this.#host;
    return this.#window.size >= Math.min(windowMax, pes - 1) || this.#rounds > this.#roundsToHear;
  }

  /** Short of memory, or to be left: whoever has most room is asked, whatever the load. */
  #relieve(own: OwnPe): void {
    if (this.#rounds > this.#roundsMax) this.#dealings.sweep();
    if (!own.isAvailable) return;
    let roomiest: LoadEntry | undefined;
    for (const entry of this.#window.entries()) {
      if (entry.memoryFree > (roomiest?.memoryFree ?? this.#bytesKept)) roomiest = entry;
    }
    if (roomiest !== undefined) this.#dealings.offer(roomiest.pe, true);
  }

  /** Offers to lighter PEs, enough of them to get down to the mean. */
  #equalise(own: OwnPe): void {
    const mean = this.#mean();
    if (own.isAvailable ? own.load <= tolerance * mean : !own.hasMovable) return;
    const roomOf = ({ load, speed }: LoadEntry): number => Math.max(0, (tolerance * mean - load) * speed);
    let excess = own.isAvailable ? (own.load - mean) * own.speed : own.work;
    let partners = 0;
    for (const entry of drawnByWeight(this.#window.entries(), roomOf, this.#host.random)) {
      if (excess <= 0 || partners++ === partnersMax) break;
      excess -= roomOf(entry);
      this.#dealings.offer(entry.pe);
    }
  }

  /** Of the PEs in the window and this one. */
  #mean(): number {
    const known = [...this.#window.entries()] as PeState[];
    if (this.#own !== undefined) known.push(this.#own.state);
    return meanMeasured(known);
  }
}
