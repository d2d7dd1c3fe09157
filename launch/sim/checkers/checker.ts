/**
 * What must hold of every run, whatever the network and the machines do: checkers, each of one invariant, that hear what the
 * PEs tell (core/pe/trace-sink.ts) and see the PEs themselves when nothing is under way.
 *
 * A checker does not throw in the middle of a run: it notes what it finds, and the run fails at its end.
 */
import type { Pe } from '../../../core/pe/pe.ts';
import { SilentSink, type TraceSink } from '../../../core/pe/trace-sink.ts';

/** How a run ended. */
export interface RunEnd {
  readonly pes: readonly Pe[];
  /** It ended without an error, and no PE was lost. */
  readonly isClean: boolean;
}

export abstract class Checker {
  /** `I1` */
  abstract readonly name: string;
  /** What must hold, in one sentence. */
  abstract readonly promise: string;
  readonly violations: string[] = [];
  #more = 0;

  protected violated(text: string): void {
    if (this.violations.length < violationsMax) this.violations.push(text);
    else this.#more++;
  }

  /** How many violations there were beyond those listed. */
  get more(): number {
    return this.#more;
  }

  /** What it wants to hear of one PE. */
  sinkOf?(pe: number): Partial<TraceSink>;
  /** PE 0 has found quiescence: all PEs can be looked at. */
  quiescent?(pes: readonly Pe[]): void;
  ended?(end: RunEnd): void;
}

const violationsMax = 5;

/** Several checkers of one run. */
export class Checks {
  readonly checkers: readonly Checker[];
  #pes: readonly Pe[] = [];

  constructor(checkers: readonly Checker[]) {
    this.checkers = checkers;
  }

  /** The PEs, once they have been made. */
  watch(pes: readonly Pe[]): void {
    this.#pes = pes;
  }

  /** What PE `pe` is to tell; `also` hears the same. */
  sinkOf(pe: number, also?: TraceSink): TraceSink {
    const quiescence = (): void => {
      for (const checker of this.checkers) checker.quiescent?.(this.#pes);
    };
    const sinks: Partial<TraceSink>[] = this.checkers.flatMap((checker) => checker.sinkOf?.(pe) ?? []);
    if (pe === 0) sinks.push({ quiescence });
    if (also !== undefined) sinks.push(also);
    return join(sinks, also);
  }

  ended(end: RunEnd): void {
    for (const checker of this.checkers) checker.ended?.(end);
  }

  /** A line for each violation; empty if all is well. */
  get violations(): string[] {
    return this.checkers.flatMap((checker) => {
      const { name, promise, violations, more } = checker;
      const lines = violations.map((text) => `${name} (${promise}): ${text}`);
      return more === 0 ? lines : [...lines, `${name}: and ${more} more`];
    });
  }
}

type Event = (this: unknown, ...values: unknown[]) => void;

/** One sink that tells several. */
function join(sinks: readonly Partial<TraceSink>[], main: TraceSink | undefined): TraceSink {
  const joined = new SilentSink() as unknown as Record<string, unknown>;
  const events = new Set(sinks.flatMap(eventsOf));
  for (const event of events) {
    const hearers = sinks.filter((sink) => typeof (sink as Record<string, unknown>)[event] === 'function');
    const calls = hearers.map((sink) => ((sink as Record<string, unknown>)[event] as Event).bind(sink));
    joined[event] = (...values: unknown[]): void => {
      for (const call of calls) call(...values);
    };
  }
  Object.defineProperty(joined, 'isOn', { get: () => main?.isOn ?? true });
  return joined as unknown as TraceSink;
}

function eventsOf(sink: object): string[] {
  const names: string[] = [];
  for (let at = sink; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const { value } = Object.getOwnPropertyDescriptor(at, name)!;
      if (name !== 'constructor' && typeof value === 'function') names.push(name);
    }
  }
  return names;
}
