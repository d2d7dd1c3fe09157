/** What is left of the free memory of each PE, by what has been told to go there. */
import type { LbStatistics } from './strategy.ts';

export class MemoryBudget {
  readonly #statistics: LbStatistics;
  readonly #at: Int32Array;
  readonly #free: Float64Array;

  constructor(statistics: LbStatistics) {
    this.#statistics = statistics;
    this.#at = statistics.objects.pe.slice();
    this.#free = statistics.pes.memoryFree.slice();
  }

  free(pe: number): number {
    return this.#free[pe]!;
  }

  /** An object always fits where it is. */
  hasRoomFor(object: number, pe: number): boolean {
    const { objects } = this.#statistics;
    return this.#at[object] === pe || objects.pe[object] === pe || objects.bytes[object]! <= this.#free[pe]!;
  }

  /** @returns false, and changes nothing, where there is no room. */
  move(object: number, to: number): boolean {
    if (!this.hasRoomFor(object, to)) return false;
    const { objects } = this.#statistics;
    const from = this.#at[object]!;
    const home = objects.pe[object]!;
    if (from !== home) this.#free[from]! += objects.bytes[object]!;
    if (to !== home) this.#free[to]! -= objects.bytes[object]!;
    this.#at[object] = to;
    return true;
  }
}
