/**
 * How long the executions of one entry method take on one PE, and so what load its elements have.
 *
 * Two clock reads cost as much as a local message, so short executions are sampled:
 *
 *  1. An execution that is not timed adds the mean of those that were to its element's load: one addition.
 *  2. One in `gap` on average is timed. It adds the mean, and `gap` times what it differed from the mean. So an
 *     element's load is right on average, however its executions differ from those of others.
 *  3. The first `exactExecutions` are all timed: an entry method that mostly does little and now and then much, as one that
 *     waits for its last message, would otherwise be taken for a short one.
 *  4. From then on the gap follows the mean, so that timing costs a fiftieth of what is measured; what takes 5 us or more is
 *     always timed, and everything where reading the clock takes no time, as in a simulation. Distances between timed
 *     executions are random: a program's own rhythm must not choose who is timed.
 *
 * An execution far above the mean may be a pause of the garbage collector, which would count `gap` times; what is timed
 * above `outlierSeconds` counts just once when it is sampled, and makes the gap smaller if it comes again.
 *
 * Invariant: loads of elements sum up to the measured time of the PE's executions, up to the sampling error.
 */
import type { ElementRecord } from '../chare/element.ts';

/** What timing an execution costs, in reads of the clock: two, and the sums. */
const readsPerTiming = 2.9;
const exactExecutions = 256;
/** What an execution takes at least, with its pick. */
const shortestSeconds = 6e-8;
/** Share of the measured time that measuring may cost. */
const costShare = 0.02;
const gapMax = 64;
/** The mean is over about as many timed executions. */
const window = 1024;
const outlierSeconds = 2e-4;

export class EntryMeter {
  /** Executions until the next that is timed, that one included. */
  countdown = 1;
  /** What an execution takes, in whole nanoseconds: integers add up faster than floating point fields. */
  meanTicks = 0;
  #mean = 0;
  #gap = 1;
  #timed = 0;
  #random: number;
  /** What reading the clock takes; that much of each timing falls between the two readings. */
  readonly #readSeconds: number;

  constructor(seed: number, readSeconds: number) {
    this.#readSeconds = readSeconds;
    this.#random = (seed | 1) >>> 0;
  }

  /** Takes in a timed execution. */
  sample(element: ElementRecord, measured: number): void {
    const seconds = Math.max(0, measured - this.#readSeconds);
    const weight = seconds > outlierSeconds ? 1 : this.#gap;
    element.load += element.ticks * 1e-9 + this.#mean + weight * (seconds - this.#mean);
    element.ticks = 0;
    if (this.#timed < window) this.#timed++;
    this.#mean += (seconds - this.#mean) / this.#timed;
    this.meanTicks = Math.round(Math.min(this.#mean, outlierSeconds) * 1e9);
    this.#gap = this.#timed < exactExecutions ? 1 : this.#gapFor(this.#mean);
    this.countdown = this.#gap === 1 ? 1 : 1 + this.#below(2 * this.#gap - 1);
  }

  #gapFor(mean: number): number {
    const affordable = (readsPerTiming * this.#readSeconds) / (costShare * (mean + shortestSeconds));
    return Math.max(1, Math.min(gapMax, Math.round(affordable)));
  }

  /** Uniform integer in [0, n): xorshift, 2 ns. */
  #below(n: number): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x >>> 0;
    return this.#random % n;
  }
}
