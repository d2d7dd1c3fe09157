/** I10 and I11: what a run holds, and what it leaves behind. */
import { Checker } from './checker.ts';

/** One thing that must not exceed its limit. */
export interface Held {
  readonly what: string;
  readonly amount: number;
  readonly limit: number;
}

export class LimitChecker extends Checker {
  readonly name = 'I10';
  readonly promise = 'what queues, windows and tables hold stays within their limits';
  readonly #look: () => readonly Held[];

  /** `look` is called at every quiescence and at the end; `held` can be told at any time. */
  constructor(look: () => readonly Held[] = () => []) {
    super();
    this.#look = look;
  }

  held({ what, amount, limit }: Held): void {
    if (amount > limit) this.violated(`${what}: ${amount}, over the limit of ${limit}`);
  }

  override quiescent(): void {
    for (const held of this.#look()) this.held(held);
  }

  override ended(): void {
    this.quiescent();
  }
}

export class LeftoverChecker extends Checker {
  readonly name = 'I11';
  readonly promise = 'no timer, socket or thread of the run is left when it has ended';
  readonly #before: Map<string, number>;
  readonly #look: () => readonly string[];

  constructor(look: () => readonly string[] = () => process.getActiveResourcesInfo()) {
    super();
    this.#look = look;
    this.#before = countsOf(look());
  }

  override ended(): void {
    for (const [what, count] of countsOf(this.#look())) {
      const before = this.#before.get(what) ?? 0;
      if (count > before) this.violated(`${count - before} of ${what} are left`);
    }
  }
}

/** What the loop that runs the job uses itself does not count. */
const own = new Set(['Immediate', 'TickObject', 'Promise', 'FSReqPromise', 'FSReqCallback', 'CloseReq']);

function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) if (!own.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
