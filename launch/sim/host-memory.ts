/**
 * The memory of a simulated host: what chares on it say they hold (`setMemory`). A host that holds more than it has pages,
 * and everything that it computes takes longer: at twice its memory as many times as the network's description says, in
 * proportion in between and beyond.
 */
import type { MemoryDescription } from '../../transports/sim/network-description.ts';

export class HostMemory {
  readonly #description: MemoryDescription | undefined;
  #held = 0;

  /** Without a description there is no end to it. */
  constructor(description: MemoryDescription | undefined) {
    this.#description = description;
  }

  hold(bytes: number): void {
    this.#held += bytes;
  }

  /** How many times as long computing takes now. */
  get slowdown(): number {
    if (this.#description === undefined) return 1;
    const { bytesPerHost, slowdown } = this.#description;
    const excess = this.#held / bytesPerHost - 1;
    return excess <= 0 ? 1 : 1 + (slowdown - 1) * excess;
  }

  /** Bytes that may still be used, below 0 while it pages. */
  get free(): number {
    return this.#description === undefined ? Number.POSITIVE_INFINITY : this.#description.bytesPerHost - this.#held;
  }
}
