/**
 * When balancing steps come.
 *
 *  - At every AtSync: elements wait each time.
 *  - Where it pays (adaptive): elements wait at every n-th AtSync only, and go on at once at the others. A step costs the time
 *    that all wait for it; not making one costs the time by which the busiest PE is behind the average. n is halved when
 *    the interval before a step has cost more than twice what steps cost, and doubled when it has cost less than half of it.
 *  - After a time (period): atSync() waits for nothing. The timer rests while no PE has anything to do but balancing, so
 *    that an idle job sleeps, and a stuck one is found; the first PE that has something to do starts it again.
 *  - Never by itself, without a strategy.
 */
import type { Balancing } from './balancing.ts';

const intervalMax = 64;
/** Weight of the last step's cost in the mean. */
const costWeight = 0.3;

/** Which AtSync steps elements wait for, as far as all PEs know without being told. */
export function firstDue({ isOn, periodSeconds }: Balancing): number {
  return isOn && periodSeconds === undefined ? 1 : Number.POSITIVE_INFINITY;
}

export class LbSchedule {
  readonly #balancing: Balancing;
  #interval = 1;
  #cost = Number.NaN;

  constructor(balancing: Balancing) {
    this.#balancing = balancing;
  }

  /** Seconds from step to step, or undefined. */
  get periodSeconds(): number | undefined {
    return this.#balancing.isOn ? this.#balancing.periodSeconds : undefined;
  }

  /** The AtSync step that is due after `done`. */
  dueAfter(done: number): number {
    return firstDue(this.#balancing) === 1 ? done + this.#interval : Number.POSITIVE_INFINITY;
  }

  /** A step has taken `cost` seconds, and the busiest PE was `lost` seconds behind the average before it. */
  stepped(lost: number, cost: number): void {
    if (this.#balancing.isAdaptive !== true) return;
    this.#cost = Number.isNaN(this.#cost) ? cost : this.#cost + costWeight * (cost - this.#cost);
    if (lost > 2 * this.#cost) this.#interval = Math.max(1, this.#interval >> 1);
    else if (lost < this.#cost / 2) this.#interval = Math.min(intervalMax, 2 * this.#interval);
  }
}
