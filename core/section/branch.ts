/**
 * One generation of a section on one PE: the plans that this PE has a part in, the members that are here, and parts of
 * reductions on their way to the root.
 *
 * Multicasts go down the tree of a plan. The plan goes down the same tree ahead of them, and the word that the plan has
 * ended behind them, so a PE always knows the plan of a multicast. It passes the multicast on, and delivers it to each
 * of the members that the plan gives it: into the queue if the member is here, else as a message that finds it.
 *
 * Parts go up the tree of the newest plan that the PE knows; without one, straight to the root. The root counts, so where and
 * in how many pieces parts come does not matter. What is decided here is only how long a part waits for others:
 *
 *  1. As long as nothing has changed since the plan was made, a PE sends a part when the contributions of all members of its
 *     subtree are in it.
 *  2. A plan is *soiled* on a PE up to reduction r if one of the members that it has here may have contributed to r elsewhere, or may
 *     do so: for all reductions when one has left, died, or was not here when the plan came; up to the last that one had
 *     contributed to when it came. The PE tells its parent, which is then soiled as well, up to the root.
 *  3. A reduction for which the plan is soiled, or for which there is no plan, waits for the members that are here, and for
 *     nobody else. What comes after a part has been sent, is sent at once.
 *
 * Why no part waits for ever: if a PE waits for a member by rule 1, then that member has been where the plan has it since
 * the plan came there, and has not contributed (otherwise that PE or its plan would have told us so): it still will.
 */
import type { Collection } from '../chare/collection.ts';
import type { ElementRecord } from '../chare/element.ts';
import type { Key } from '../chare/index-space.ts';
import type { Membership } from './membership.ts';
import { type Multicast, MulticastTask } from './multicast.ts';
import type { Part } from './part.ts';
import type { Plan } from './plan.ts';
import type { SectionTable } from './section-table.ts';

export class SectionBranch {
  readonly section: number;
  readonly generation: number;
  readonly #table: SectionTable;
  readonly #isRoot: boolean;
  readonly #plans = new Map<number, Plan>();
  #newest: Plan | undefined = undefined;
  /** Members here, and of each number of a next contribution, how many have it. */
  #present = 0;
  readonly #owing = new Map<number, number>();
  /** No member here owes a lower reduction. */
  #lowest = 1;
  readonly #parts = new Map<number, Part>();
  /** The last reduction of which a complete part was sent. */
  #sent = 0;
  #soiledUpTo = 0;

  constructor(table: SectionTable, section: number, generation: number) {
    this.#table = table;
    this.section = section;
    this.generation = generation;
    this.#isRoot = table.rootOf(section) === table.pe.id;
  }

  /** Nothing of it is left here. */
  get isEmpty(): boolean {
    return this.#present === 0 && this.#plans.size === 0 && this.#parts.size === 0;
  }

  // ---- plans and multicasts ----

  plan(epoch: number): Plan {
    return this.#plans.get(epoch)!;
  }

  accept(plan: Plan): void {
    this.#plans.set(plan.epoch, plan);
    this.#newest = plan;
    this.#soiledUpTo = 0;
    let upTo = 0;
    for (const [collection, keys] of plan.members) {
      for (const key of keys) {
        const membership = this.#memberHere(collection, key);
        if (membership === undefined) upTo = Number.POSITIVE_INFINITY;
        else {
          membership.plan = plan.epoch;
          upTo = Math.max(upTo, membership.next - 1);
        }
      }
    }
    this.soil(plan.epoch, upTo);
    this.#advance();
  }

  #memberHere(collection: Collection, key: Key): Membership | undefined {
    return collection.locals.get(key)?.sections?.find(this.section, this.generation);
  }

  forget(epoch: number): void {
    this.#plans.delete(epoch);
    if (this.#newest?.epoch !== epoch) return;
    this.#newest = undefined;
    this.#advance();
  }

  /** Delivers a multicast to the members that plan `epoch` has here. */
  deliver(epoch: number, multicast: Multicast): void {
    const { pe } = this.#table;
    const { options, source, event } = multicast;
    for (const [collection, keys] of this.plan(epoch).members) {
      const own = this.#table.inClassOf(collection, multicast);
      for (const key of keys) {
        const element = collection.locals.get(key);
        if (element === undefined) this.#table.sendToMember(collection, key, own);
        else {
          pe.post(new MulticastTask(element, own, source), options);
          if (source !== pe.id) pe.trace?.queued(element, source, event);
        }
      }
    }
  }

  // ---- members ----

  joined(membership: Membership): void {
    this.#present++;
    this.#count(membership.next, 1);
    this.#lowest = Math.min(this.#lowest, membership.next);
  }

  /** A member leaves this PE. */
  left(membership: Membership): void {
    this.#present--;
    this.#count(membership.next, -1);
    if (membership.plan !== 0) this.soil(membership.plan, Number.POSITIVE_INFINITY);
    this.#advance();
    this.#table.tidy(this);
  }

  /** It is a member no more. */
  ended(membership: Membership, element: ElementRecord): void {
    this.#table.tellEnded(this, membership, element);
    this.left(membership);
  }

  #count(next: number, more: number): void {
    const count = (this.#owing.get(next) ?? 0) + more;
    if (count === 0) this.#owing.delete(next);
    else this.#owing.set(next, count);
  }

  /** Everybody here has contributed to the reductions below this one. */
  #lowestOwed(): number {
    if (this.#present === 0) return Number.POSITIVE_INFINITY;
    while (!this.#owing.has(this.#lowest)) this.#lowest++;
    return this.#lowest;
  }

  // ---- reductions ----

  contribute(membership: Membership, part: Part): void {
    const number = membership.next++;
    this.#count(number, -1);
    this.#count(number + 1, 1);
    this.add(number, part);
  }

  /** A part has come from a member here or from a PE below. */
  add(number: number, part: Part): void {
    if (this.#isRoot) return this.#table.addAtRoot(this, number, part);
    const known = this.#parts.get(number);
    if (known === undefined) this.#parts.set(number, part);
    else known.add(this.#table.pe, part, () => this.#table.labelOfReduction(this.section, number));
    this.#advance();
  }

  #advance(): void {
    for (const [number, part] of this.#parts) {
      if (!this.#isDue(number, part)) continue;
      this.#parts.delete(number);
      if (number > this.#sent) this.#sent = number;
      this.#table.sendPart(this, this.#newest?.parent ?? this.#table.rootOf(this.section), number, part);
    }
    if (this.#parts.size === 0) this.#table.tidy(this);
  }

  #isDue(number: number, part: Part): boolean {
    if (this.#newest === undefined || number <= this.#soiledUpTo) return number < this.#lowestOwed();
    return number <= this.#sent || part.count >= this.#newest.expected;
  }

  /** Rule 2. */
  soil(epoch: number, upTo: number): void {
    const plan = this.#newest;
    if (plan?.epoch !== epoch || upTo <= this.#soiledUpTo) return;
    this.#soiledUpTo = upTo;
    if (this.#isRoot) this.#table.soiledAtRoot(this, upTo);
    else this.#table.tellSoiled(this, plan, upTo);
    this.#advance();
  }
}
