/**
 * Neighbor: each PE evens out with its neighbours, and no object travels further than to one of them.
 *
 *  1. At `begin` a PE tells its neighbours its load.
 *  2. Once it knows theirs (in a step: at the first `quiet`), a PE above the mean of its neighbourhood offers to the
 *     lighter ones, the lightest first.
 *  3. They deal (dealings.ts). A PE grants up to the mean of *its* neighbourhood, to all who offer together, so a light PE
 *     is not overloaded by neighbours that do not know of each other. In a step, offers are made a few times.
 *
 * The PEs are a torus of five dimensions, laid out in one line: neighbours are 1, a, a², a³ and a⁴ PEs away in both directions,
 * where a is the fifth root of their number. So PEs that follow each other, and often share a node, are neighbours.
 *
 * Load spreads slowly over many PEs: a hot spot takes several steps. Nothing is ever sent beyond the 10 neighbours, except
 * from a PE that is not available and whose neighbours are not either.
 */
import type { Agent, AgentHost, DistributedStrategy, LocalStatistics } from '../../core/balance/agent.ts';
import { Dealings, isDeal } from './dealings.ts';
import { meanMeasured, OwnPe, type PeState } from './own-pe.ts';

export const neighbor: DistributedStrategy = { makeAgent: (host) => new NeighborAgent(host) };

const dimensions = 5;
/** Of offers in a step: what was refused for want of room may have some once the neighbour's own deals are done. */
const roundsMax = 4;
const tolerance = 1.01;

class NeighborAgent implements Agent {
  readonly #host: AgentHost;
  readonly #neighbours: readonly number[];
  readonly #known = new Map<number, PeState>();
  readonly #dealings: Dealings;
  #own: OwnPe | undefined;
  #rounds = 0;
  /** `quiet` comes only in steps. */
  #isInStep = false;

  constructor(host: AgentHost) {
    this.#host = host;
    this.#neighbours = neighboursOf(host.pe, host.pes);
    this.#dealings = new Dealings(host, {
      level: () => tolerance * this.#mean(),
      heard: (pe, state) => {
        if (this.#known.has(pe)) this.#known.set(pe, state);
      },
    });
  }

  begin(local: LocalStatistics): void {
    const own = new OwnPe(local, this.#host);
    this.#own = own;
    if (this.#isInStep) {
      this.#rounds = 0;
      this.#known.clear();
    }
    this.#dealings.begin(own, this.#isInStep);
    this.#isInStep = false;
    for (const pe of this.#neighbours) this.#host.send(pe, own.state);
    // In a step nothing is known yet; in continuous balancing this is what they said last.
    this.#balance(own);
    if (this.#known.size > 0) this.#dealings.sweep();
  }

  receive(from: number, message: unknown): void {
    if (isDeal(message)) return this.#dealings.receive(from, message);
    this.#known.set(from, message as PeState);
  }

  quiet(): boolean {
    this.#isInStep = true;
    if (this.#own === undefined || this.#rounds >= roundsMax) return this.#dealings.sweep();
    this.#rounds++;
    this.#balance(this.#own);
    return true;
  }

  #balance(own: OwnPe): void {
    const mean = this.#mean();
    if (own.isAvailable ? own.load <= tolerance * mean : !own.hasMovable) return;
    const lighter = [...this.#known].filter(([, { load }]) => load < tolerance * mean);
    for (const [pe] of lighter.sort(([, a], [, b]) => a.load - b.load)) this.#dealings.offer(pe);
  }

  /** Of the neighbours and this PE. */
  #mean(): number {
    return meanMeasured(this.#own === undefined ? [] : [this.#own.state, ...this.#known.values()]);
  }
}

function neighboursOf(pe: number, pes: number): number[] {
  const found = new Set<number>();
  const extent = Math.max(2, Math.round(pes ** (1 / dimensions)));
  for (let axis = 0, stride = 1; axis < dimensions && stride < pes; axis++, stride *= extent) {
    found.add((pe + stride) % pes);
    found.add((pe - stride + pes) % pes);
  }
  found.delete(pe);
  return [...found];
}
