/**
 * Which AtSync steps every element has reached, over all arrays that use AtSync: a barrier whose members are born, move
 * and die while it is under way.
 *
 * Words: step s is the s-th in the job. `current` is the lowest one this PE has not reported. `present` counts elements
 * here. `births` counts those born by this PE's doing minus deaths; their sum over PEs does not change by moving.
 *
 * Protocol (that of reductions, see collective/reduction.ts, without values and over all arrays together):
 *  1. An element that calls atSync() the s-th time reaches step s here. If this PE has reported s already, that goes
 *     straight to PE 0, late.
 *  2. Step s begins on a PE with the first element that reaches it, a child's report, or the parent's word to begin.
 *  3. When all elements here that owe s have reached it, and no array waits for doneInserting, the children that have not
 *     reported are told to begin.
 *  4. With the reports of all children in, the PE reports once: how many have reached s, and births. current++.
 *  5. PE 0 waits until as many have reached s as were born, and then completes it; never s+1 before s.
 *
 * An element born while s is under way on the PE that sends for it begins with s+1: it carries the number from birth.
 *
 * Invariant: PE 0 never counts more elements that have reached a step than were born.
 */
import { assert } from '../base/assert.ts';

/** One step on one PE. */
class Round {
  /** Elements that reached it here. */
  reached = 0;
  /** The same, of children and late ones included. */
  total = 0;
  births = 0;
  readonly reported: number[] = [];
  hasBegun = false;
  isSpread = false;
  /** Corrections to `present` and `births` for elements that do not owe this one. */
  presentAdjust = 0;
  birthsAdjust = 0;
}

/** How a ledger reaches those of other PEs. */
export interface LedgerLink {
  readonly parent: number;
  readonly children: readonly number[];
  /** The subtree's report, to the parent. */
  report(step: number, reached: number, births: number): void;
  /** The word to begin, to a child. */
  begin(child: number, step: number): void;
  /** What was missing in a report, to PE 0. */
  late(step: number, reached: number, births: number): void;
  /** On PE 0: every element has reached this step. */
  completed(step: number): void;
}

export class SyncLedger {
  readonly #link: LedgerLink;
  readonly #rounds = new Map<number, Round>();
  /** On PE 0: reported by all PEs, waiting for late ones, oldest first. */
  readonly #closing: Round[] = [];
  #oldest = 1;
  #current = 1;
  #present = 0;
  #births = 0;
  /** Arrays here that wait for doneInserting. */
  #inserting = 0;

  constructor(link: LedgerLink) {
    this.#link = link;
  }

  /** The lowest step that this PE has not reported. */
  get current(): number {
    return this.#current;
  }

  /** Number of the step that an element born now reaches first. */
  firstOfNewborn(): number {
    const isUnderWay = this.#rounds.get(this.#current)?.hasBegun === true && this.#inserting === 0;
    return isUnderWay ? this.#current + 1 : this.#current;
  }

  insertingBegins(): void {
    this.#inserting++;
  }

  insertingEnds(): void {
    this.#inserting--;
    this.#advance();
  }

  /** This PE has sent for the birth of an element, here or elsewhere. */
  bornByUs(first: number): void {
    this.#births++;
    for (let s = this.#current; s < first; s++) this.#at(s).birthsAdjust--;
  }

  /** An element is here now whose next step is `next`. */
  arrived(next: number): void {
    this.#present++;
    for (let s = this.#current; s < next; s++) this.#at(s).presentAdjust--;
  }

  /** An element goes to another PE. */
  left(next: number): void {
    this.#present--;
    for (let s = this.#current; s < next; s++) this.#at(s).presentAdjust++;
    this.#advance();
  }

  /** An element has died here; it is missed from step `next` on. */
  died(next: number): void {
    this.#births--;
    for (let s = this.#current; s < next; s++) this.#at(s).birthsAdjust++;
    // Steps that this PE has reported may still wait for it.
    for (let s = next; s < this.#current; s++) this.#sendLate(s, 0, -1);
    this.left(next);
  }

  /** An element here has come to step s. */
  reach(s: number): void {
    if (s < this.#current) return this.#sendLate(s, 1, 0);
    const round = this.#at(s);
    round.reached++;
    round.total++;
    if (s === this.#current) this.#begin(round);
  }

  // ---- words of other PEs ----

  onReport(from: number, s: number, reached: number, births: number): void {
    const round = this.#at(s);
    round.total += reached;
    round.births += births;
    round.reported.push(from);
    if (s === this.#current) this.#begin(round);
  }

  onBegin(s: number): void {
    // The parent cannot be ahead of us, since it needs our report; it may be behind.
    if (s === this.#current) this.#begin(this.#at(s));
  }

  onLate(s: number, reached: number, births: number): void {
    const round = s >= this.#current ? this.#at(s) : this.#closing[s - this.#oldest];
    assert(round !== undefined, `word of AtSync step ${s} came after its end`);
    round.total += reached;
    round.births += births;
    this.#completeReady();
  }

  /** Step under way for which elements here are missing, with how many of how many have come. */
  open(): { readonly step: number; readonly reached: number; readonly owed: number } | undefined {
    const round = this.#rounds.get(this.#current);
    if (round?.hasBegun !== true) return undefined;
    const owed = this.#present + round.presentAdjust;
    return round.reached < owed ? { step: this.#current, reached: round.reached, owed } : undefined;
  }

  // ---- the protocol ----

  #at(s: number): Round {
    let round = this.#rounds.get(s);
    if (round === undefined) {
      round = new Round();
      this.#rounds.set(s, round);
    }
    return round;
  }

  #begin(round: Round): void {
    round.hasBegun = true;
    this.#advance();
  }

  #advance(): void {
    for (;;) {
      const round = this.#rounds.get(this.#current);
      if (round?.hasBegun !== true || !this.#tryReport(round)) return;
      this.#rounds.delete(this.#current);
      this.#current++;
      const next = this.#rounds.get(this.#current);
      if (next !== undefined && (next.reached > 0 || next.reported.length > 0)) next.hasBegun = true;
      if (this.#link.parent === -1) {
        this.#closing.push(round);
        this.#completeReady();
      }
    }
  }

  /** Steps 3 and 4. */
  #tryReport(round: Round): boolean {
    if (this.#inserting > 0 || round.reached < this.#present + round.presentAdjust) return false;
    const { parent, children } = this.#link;
    if (round.reported.length < children.length) {
      if (!round.isSpread) this.#spread(round, children);
      return false;
    }
    round.births += this.#births + round.birthsAdjust;
    if (parent !== -1) this.#link.report(this.#current, round.total, round.births);
    return true;
  }

  #spread(round: Round, children: readonly number[]): void {
    round.isSpread = true;
    for (const child of children) if (!round.reported.includes(child)) this.#link.begin(child, this.#current);
  }

  #sendLate(s: number, reached: number, births: number): void {
    if (this.#link.parent === -1) this.onLate(s, reached, births);
    else this.#link.late(s, reached, births);
  }

  /** Step 5. */
  #completeReady(): void {
    for (let round = this.#closing[0]; round !== undefined; round = this.#closing[0]) {
      assert(round.total <= round.births, 'more elements have reached an AtSync step than were born');
      if (round.total < round.births) return;
      this.#closing.shift();
      this.#link.completed(this.#oldest++);
    }
  }
}
