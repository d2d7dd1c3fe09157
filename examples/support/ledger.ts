/**
 * What balancing saves, as the examples of load balancing measure it.
 *
 *   1. An element adds the time of its work to its `Work`, at the PE that it is on.
 *   2. At the end of each phase all elements contribute theirs; a reduction adds up, for each PE, what it has done, and
 *      what it would have done if every element were still where it was made. Nobody waits for it.
 *   3. A phase lasts as long as its busiest PE works. The ledger adds up both.
 */
import { Chare, type Charm } from 'charm4ts';

/** What an element has done in this phase. */
export interface Work {
  /** Where it was made. */
  readonly madeOn: number;
  /** Seconds, by PE. */
  readonly seconds: Float64Array;
}

export interface Savings {
  /** Seconds of the busiest PE, over all phases, and with elements where they were made. */
  readonly busiest: number;
  readonly unmoved: number;
  /** Seconds of work over the number of PEs: with perfect balance. */
  readonly perfect: number;
}

export class Ledger extends Chare {
  private busiest = 0;
  private unmoved = 0;
  private perfect = 0;

  /** What the elements have contributed, summed. */
  phase(sums: Float64Array): void {
    const pes = sums.length / 2;
    this.busiest += Math.max(...sums.subarray(0, pes));
    this.unmoved += Math.max(...sums.subarray(pes));
    this.perfect += sums.subarray(0, pes).reduce((a, b) => a + b, 0) / pes;
  }

  savings(): Savings {
    return { busiest: this.busiest, unmoved: this.unmoved, perfect: this.perfect };
  }
}

export function noWork(charm: Charm, madeOn = charm.pe): Work {
  return { madeOn, seconds: new Float64Array(charm.pes) };
}

/** What an element contributes at the end of a phase; a new one begins. */
export function closePhase({ madeOn, seconds }: Work): Float64Array {
  const pes = seconds.length;
  const sums = new Float64Array(2 * pes);
  sums.set(seconds);
  sums[pes + madeOn] = seconds.reduce((a, b) => a + b, 0);
  seconds.fill(0);
  return sums;
}

export function describeSavings({ busiest, unmoved, perfect }: Savings): string {
  const percent = Math.round((100 * (unmoved - busiest)) / unmoved);
  return (
    `work of the busiest PE: ${busiest.toFixed(3)} s; with nothing moved ${unmoved.toFixed(3)} s, with perfect balance ` +
    `${perfect.toFixed(3)} s: balancing saved ${(unmoved - busiest).toFixed(3)} s, ${percent} %`
  );
}
