/**
 * A yardstick: the refinement of the original (RefineCommLB of Charm++ 6), as its behaviour is known, with its faults.
 *
 * - Load of a PE: objects, background, and a price for what it sends to other PEs; speeds are not looked at.
 * - The heaviest PE gives the object that adds most to a light PE and still fits below tolerance·average. The price of
 *   sending that is added is taken at the donor.
 * - Tolerances: 1.003 first; if that fails, the largest, then bisection in steps of 0.01, each from the measured
 *   placement. After such a reset loads lack the price of sending.
 * - The answer is what the last try left behind.
 */
import type { LbStatistics } from '../../core/balance/strategy.ts';

interface Prices {
  readonly secondsPerMessage: number;
  readonly secondsPerByte: number;
}

export function originalRefineComm(statistics: LbStatistics, prices: Prices, movesMax = 100_000): Int32Array {
  return new OriginalRefiner(statistics, prices, movesMax).run();
}

class OriginalRefiner {
  readonly #statistics: LbStatistics;
  readonly #price: Float64Array;
  readonly #sends: number[][];
  readonly #receives: number[][];
  readonly #sets: number[][];
  readonly #at: Int32Array;
  readonly #compute: Float64Array;
  readonly #sent: Float64Array;
  readonly #load: Float64Array;
  #average = 0;
  #movesLeft: number;

  constructor(statistics: LbStatistics, prices: Prices, movesMax: number) {
    const { objects, pes, edges } = statistics;
    this.#statistics = statistics;
    this.#movesLeft = movesMax;
    this.#price = edges.messages.map((n, e) => n * prices.secondsPerMessage + edges.bytes[e]! * prices.secondsPerByte);
    this.#sends = Array.from({ length: objects.count }, () => []);
    this.#receives = Array.from({ length: objects.count }, () => []);
    for (let e = 0; e < edges.count; e++) {
      this.#sends[edges.from[e]!]!.push(e);
      this.#receives[edges.to[e]!]!.push(e);
    }
    this.#sets = Array.from({ length: pes.count }, () => []);
    this.#at = objects.pe.slice();
    this.#compute = new Float64Array(pes.count);
    this.#sent = new Float64Array(pes.count);
    this.#load = new Float64Array(pes.count);
  }

  run(): Int32Array {
    const { edges, pes } = this.#statistics;
    this.#placeAll();
    for (let e = 0; e < edges.count; e++) {
      const from = this.#at[edges.from[e]!]!;
      if (from !== this.#at[edges.to[e]!]!) this.#sent[from]! += this.#price[e]!;
    }
    for (let pe = 0; pe < pes.count; pe++) this.#load[pe]! += this.#sent[pe]!;
    this.#average = this.#averageNow();
    this.#refineAtSeveralTolerances();
    return this.#at;
  }

  #placeAll(): void {
    const { objects, pes } = this.#statistics;
    this.#compute.fill(0);
    for (const set of this.#sets) set.length = 0;
    for (let object = 0; object < objects.count; object++) {
      const pe = objects.pe[object]!;
      this.#at[object] = pe;
      this.#sets[pe]!.push(object);
      this.#compute[pe]! += objects.load[object]!;
      // As the original: a PE without objects keeps what it had.
      this.#load[pe] = this.#compute[pe]! + pes.background[pe]!;
    }
  }

  #refineAtSeveralTolerances(): void {
    const start = 1.003;
    const step = 0.01;
    let max = 0;
    for (const load of this.#load) max = Math.max(max, load);
    let low = 0;
    let high = Math.trunc((max / this.#average - start) / step + 1);
    if (this.#refine(start)) return;
    this.#refine(start + high * step);
    while (high - low > 1) {
      const middle = Math.trunc((low + high) / 2);
      this.#placeAll();
      if (this.#refine(start + middle * step)) high = middle;
      else low = middle;
    }
  }

  #averageNow(): number {
    const { objects, pes } = this.#statistics;
    let total = 0;
    for (const load of objects.load) total += load;
    for (let pe = 0; pe < pes.count; pe++) total += pes.background[pe]! + this.#sent[pe]!;
    return total / pes.count;
  }

  #refine(tolerance: number): boolean {
    for (;;) {
      const limit = tolerance * this.#average;
      let donor = -1;
      for (let pe = 0; pe < this.#load.length; pe++) {
        if (this.#load[pe]! > limit && (donor === -1 || this.#load[pe]! > this.#load[donor]!)) donor = pe;
      }
      if (donor === -1) return true;
      if (!this.#moveFrom(donor, limit)) return false;
      if (this.#movesLeft-- <= 0) throw new Error('the original does not finish here');
      this.#average = this.#averageNow();
    }
  }

  #moveFrom(donor: number, limit: number): boolean {
    const { objects } = this.#statistics;
    const set = this.#sets[donor]!;
    let bestSize = 0;
    let best = -1;
    let bestTo = -1;
    for (let pe = this.#load.length - 1; pe >= 0; pe--) {
      if (this.#load[pe]! >= this.#average || this.#load[pe]! > limit) continue;
      for (let i = set.length - 1; i >= 0; i--) {
        const object = set[i]!;
        if (objects.isMigratable[object] === 0) continue;
        const size = objects.load[object]! + this.#cost(object, donor).sent - this.#affinity(object, pe).sent;
        if (size + this.#load[pe]! >= limit || size <= bestSize) continue;
        bestSize = size;
        best = object;
        bestTo = pe;
      }
    }
    if (best === -1) return false;
    this.#move(best, donor, bestTo);
    return true;
  }

  #cost(object: number, pe: number): { sent: number; received: number } {
    return this.#sum(object, (partner) => partner !== -1 && partner !== pe);
  }

  #affinity(object: number, pe: number): { sent: number; received: number } {
    return this.#sum(object, (partner) => partner === pe);
  }

  #sum(object: number, counts: (partnerPe: number) => boolean): { sent: number; received: number } {
    const { edges } = this.#statistics;
    const sum = { sent: 0, received: 0 };
    for (const e of this.#sends[object]!) if (counts(this.#at[edges.to[e]!]!)) sum.sent += this.#price[e]!;
    for (const e of this.#receives[object]!) if (counts(this.#at[edges.from[e]!]!)) sum.received += this.#price[e]!;
    return sum;
  }

  #move(object: number, from: number, to: number): void {
    const { objects, pes } = this.#statistics;
    const set = this.#sets[from]!;
    set.splice(set.indexOf(object), 1);
    this.#compute[from]! -= objects.load[object]!;
    this.#sent[from]! += this.#affinity(object, from).received - this.#cost(object, from).sent;
    this.#load[from] = this.#compute[from]! + pes.background[from]! + this.#sent[from]!;
    this.#at[object] = to;
    this.#sets[to]!.push(object);
    this.#compute[to]! += objects.load[object]!;
    this.#sent[to]! += this.#cost(object, to).sent - this.#affinity(object, to).received;
    this.#load[to] = this.#compute[to]! + pes.background[to]! + this.#sent[to]!;
  }
}
