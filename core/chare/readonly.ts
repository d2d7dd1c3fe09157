/**
 * Readonly values: set in main before the first chare is created, present on every PE before any chare is.
 *
 * Protocol: PE 0 broadcasts the values once, just before the first creation; every other PE holds back all other
 * frames until they have come, since a third PE's message may overtake them.
 */
import { UsageError } from '../base/errors.ts';

/** Names a readonly value and carries its type. Must be exported by the program. */
export class Readonly<T> {
  /** Never set: it only carries the type. */
  declare readonly type: T;
}

/** `export const config = readonly<{ steps: number }>();` then `charm.set(config, ...)` in main, `this.charm.get(config)` anywhere. */
export function readonly<T>(): Readonly<T> {
  return new Readonly<T>();
}

export class ReadonlyTable {
  readonly #values = new Map<string, unknown>();
  /** True once the values have been sent (PE 0) or have come (others). */
  isSealed = false;

  set(name: string, value: unknown): void {
    if (this.isSealed)
      throw new UsageError(`readonly ${name} is set too late: set it in main, before the first chare is created`);
    this.#values.set(name, value);
  }

  get(name: string): unknown {
    if (!this.#values.has(name)) throw new UsageError(`readonly ${name} was never set; call charm.set in main`);
    return this.#values.get(name);
  }

  toEntries(): [string, unknown][] {
    return [...this.#values];
  }

  /** Fills in the values that came from PE 0. */
  load(entries: readonly [string, unknown][]): void {
    for (const [name, value] of entries) this.#values.set(name, value);
    this.isSealed = true;
  }
}
