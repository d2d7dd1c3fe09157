/**
 * `charm.trace`: what a program adds to its trace. In a run that records none each call costs a few nanoseconds and does
 * nothing. Names are texts; each gets a number when it is first used on a PE.
 */
import type { Pe } from '../pe/pe.ts';

export class Tracing {
  readonly #pe: Pe;

  constructor(pe: Pe) {
    this.#pe = pe;
  }

  /** Whether this PE records now: worth asking before something costly is put together for a note. */
  get isOn(): boolean {
    return this.#pe.trace?.isOn === true;
  }

  /** This PE records again, after `off`. A recorded run begins with tracing on. */
  on(): void {
    this.#pe.trace?.turn(true);
  }

  /** This PE records nothing until `on`; the time between is marked. */
  off(): void {
    this.#pe.trace?.turn(false);
  }

  /** Something that happened now. */
  event(name: string): void {
    this.#pe.trace?.userEvent(name);
  }

  /**
   * Something that takes as long as `action`, or, if that returns a promise, until it is settled. Brackets may lie in each
   * other, and overlap.
   */
  bracket<T>(name: string, action: () => T): T {
    this.begin(name);
    let result: T;
    try {
      result = action();
    } catch (error) {
      this.end(name);
      throw error;
    }
    if (result instanceof Promise) return result.finally(() => this.end(name)) as T;
    this.end(name);
    return result;
  }

  /** Begins a bracket; `nested` tells those of one name apart that are open at the same time. */
  begin(name: string, nested = 0): void {
    this.#pe.trace?.bracketBegin(name, nested);
  }

  end(name: string, nested = 0): void {
    this.#pe.trace?.bracketEnd(name, nested);
  }

  /** A text. On PE 0 one with `***` in it marks a step of the program, as in Charm++. */
  note(text: string): void {
    this.#pe.trace?.note(text);
  }

  /** A value of a statistic over time; `at` is a time of your own, an iteration for instance. */
  statistic(name: string, value: number, at: number = Number.NaN): void {
    this.#pe.trace?.statistic(name, value, at);
  }

  /** A number for the entry method that runs: the step it works on, for instance. */
  value(value: number): void {
    this.#pe.trace?.userValue(value);
  }
}
