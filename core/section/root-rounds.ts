/**
 * The reductions of one generation of a section, at the root, which counts.
 *
 * A member owes every reduction up to its end; who ends before contribution `next` owes those below it. So reduction r is
 * complete when contributions and the members that are known to have ended with `next` <= r add up to all members. Words
 * of the end may come before or after the last contributions: both sums only grow, and are exact when everything has come.
 *
 * Invariants: reductions are finished in order; contributions and ended members never add up to more than there are members.
 */
import { assert } from '../base/assert.ts';
import type { Pe } from '../pe/pe.ts';
import type { Part } from './part.ts';

export class RootRounds {
  readonly #pe: Pe;
  readonly #members: number;
  readonly #labelOf: (number: number) => string;
  readonly #finish: (number: number, part: Part) => void;
  readonly #parts = new Map<number, Part>();
  #oldest = 1;
  /** Members that have ended, by the number that they would have contributed to next, if that is to come. */
  readonly #ended = new Map<number, number>();
  /** Those that do not owe the oldest reduction. */
  #missing = 0;
  /** Contributions that have come, and those that members that have ended had made. */
  #came = 0;
  #owed = 0;
  #endedCount = 0;

  constructor(
    pe: Pe,
    members: number,
    labelOf: (number: number) => string,
    finish: (number: number, part: Part) => void,
  ) {
    this.#pe = pe;
    this.#members = members;
    this.#labelOf = labelOf;
    this.#finish = finish;
  }

  /** All members have ended, and all that they had contributed has come. */
  get isOver(): boolean {
    return this.#endedCount === this.#members && this.#came === this.#owed;
  }

  add(number: number, part: Part): void {
    this.#came += part.count;
    assert(number >= this.#oldest, 'a contribution to a section came after the end of its reduction');
    const known = this.#parts.get(number);
    if (known === undefined) this.#parts.set(number, part);
    else known.add(this.#pe, part, () => this.#labelOf(number));
    this.#advance();
  }

  ended(next: number): void {
    this.#endedCount++;
    this.#owed += next - 1;
    if (next <= this.#oldest) this.#missing++;
    else this.#ended.set(next, (this.#ended.get(next) ?? 0) + 1);
    this.#advance();
  }

  #advance(): void {
    for (let part = this.#parts.get(this.#oldest); part !== undefined; part = this.#parts.get(this.#oldest)) {
      const owed = this.#members - this.#missing;
      assert(part.count <= owed, 'more contributions to a section than members');
      if (part.count < owed) return;
      this.#parts.delete(this.#oldest);
      const number = this.#oldest++;
      this.#missing += this.#ended.get(this.#oldest) ?? 0;
      this.#ended.delete(this.#oldest);
      this.#finish(number, part);
    }
  }

  /** A line for the stuck report if a reduction has begun and not ended. */
  describe(): string | undefined {
    if (this.#parts.size === 0) return undefined;
    const number = Math.min(...this.#parts.keys());
    const came = number === this.#oldest ? this.#parts.get(number)!.count : 0;
    return `${this.#labelOf(this.#oldest)}: ${came} of ${this.#members - this.#missing} members have contributed`;
  }
}
