/**
 * AtSync on one PE: elements that wait for a balancing step, and when they go on.
 *
 * Invariant: an element waits if and only if it has reached a step that is due and not done, as known where it is. Both
 * numbers come from PE 0 in order, so whatever it misses on its way it finds where it comes to.
 */
import { UsageError } from '../base/errors.ts';
import type { ElementRecord } from '../chare/element.ts';
import { Pending } from '../message/future.ts';
import type { Pe } from '../pe/pe.ts';
import { LbState } from './lb-state.ts';
import { resumeEntry } from './resume-entry.ts';
import { type LedgerLink, SyncLedger } from './sync-ledger.ts';

const settled = Promise.resolve();

export class AtSync {
  readonly ledger: SyncLedger;
  readonly #pe: Pe;
  /** Steps up to this one are done; elements wait at those from `due` on. */
  #done = 0;
  #due: number;

  constructor(pe: Pe, link: LedgerLink, due: number) {
    this.#pe = pe;
    this.ledger = new SyncLedger(link);
    this.#due = due;
  }

  /** PE 0 has said so: elements go on. */
  done(done: number, due: number): void {
    this.#done = done;
    this.#due = due;
    this.#releaseReady();
  }

  /** An element calls atSync(). */
  atSync(element: ElementRecord): PromiseLike<void> {
    const { collection } = element;
    if (!collection.usesAtSync)
      throw new UsageError(
        `${element.label}.atSync(): its array was created without \`usesAtSync: true\`, so nobody waits for it`,
      );
    const lb = element.lb!;
    if (lb.isWaiting)
      throw new UsageError(
        `${element.label} calls atSync() again before it has gone on from AtSync step ${lb.nextSync - 1}`,
      );
    const step = lb.nextSync++;
    lb.isWaiting = true;
    lb.pending = new Pending(this.#pe, () => `AtSync step ${step}`);
    // Not before it is known whether the program awaits: two microtasks, the first of which stands before the await's.
    this.#pe.needsTurn = true;
    void settled.then(() => settled.then(() => this.#reach(element, step)));
    const { promised } = lb.pending;
    if (promised === undefined || element.frames === undefined) return new SyncWait(element, lb.pending);
    element.frames.sync = promised;
    return promised as unknown as PromiseLike<void>;
  }

  /** The element may have left since; what it has come to here is counted here. */
  #reach(element: ElementRecord, step: number): void {
    this.#pe.guard(() => {
      this.ledger.reach(step);
      if (!this.#isHeldAt(step)) this.#releaseSoon(element);
    });
  }

  #isHeldAt(step: number): boolean {
    return step > this.#done && step >= this.#due;
  }

  /** In a task of its own, as a message would. If the element moves or dies before, nothing is left behind. */
  #releaseSoon(element: ElementRecord): void {
    const pe = this.#pe;
    const step = element.lb!.nextSync - 1;
    pe.post({ source: pe.id, target: element, run: () => this.#release(element, step) });
  }

  #release(element: ElementRecord, step: number): void {
    const { lb } = element;
    if (element.isGone || lb?.isWaiting !== true || lb.nextSync - 1 !== step) return;
    const { pending, isAwaited } = lb;
    lb.isWaiting = false;
    lb.pending = undefined;
    lb.isAwaited = false;
    const isAskedFor = element.frames?.endOfSync() ?? false;
    if (element.frames === undefined) pending?.resolve(undefined);
    const hasHook = typeof (element.chare as { resumeFromSync?: unknown }).resumeFromSync === 'function';
    if (hasHook && !isAwaited && !isAskedFor) this.#pe.deliver(element, resumeEntry, [], undefined, this.#pe.id, 0);
  }

  /** This PE sends for the birth of so many elements. Returns their first step. */
  sendsFor(count: number): number {
    const first = this.#firstStepOfNewborn();
    for (let i = 0; i < count; i++) this.ledger.bornByUs(first);
    return first;
  }

  /** An element is about to exist here. */
  born(element: ElementRecord, firstStep: number): void {
    element.lb = new LbState(firstStep);
    this.ledger.arrived(firstStep);
  }

  /** An element goes to another PE. */
  left(element: ElementRecord): void {
    if (element.collection.usesAtSync) this.ledger.left(element.lb!.nextSync);
  }

  died(element: ElementRecord): void {
    if (element.collection.usesAtSync) this.ledger.died(element.lb!.nextSync);
  }

  /** An element has come from another PE: what it waited for may be over. */
  arrived(element: ElementRecord): void {
    const { lb } = element;
    if (element.collection.usesAtSync) this.ledger.arrived(lb!.nextSync);
    if (lb?.isWaiting === true && !this.#isHeldAt(lb.nextSync - 1)) this.#releaseSoon(element);
  }

  #releaseReady(): void {
    for (const element of this.#pe.collections.syncElements()) {
      const { lb } = element;
      if (lb?.isWaiting === true && !this.#isHeldAt(lb.nextSync - 1)) this.#releaseSoon(element);
    }
  }

  /** First AtSync step of an element whose birth is sent for now. */
  #firstStepOfNewborn(): number {
    const parent = this.#pe.current;
    const own = parent?.collection.usesAtSync === true ? parent.lb!.nextSync : 0;
    const first = this.ledger.firstOfNewborn();
    // Who has still to come to a step holds it open, for its children too; so those that work together stay in step.
    return own >= this.ledger.current ? own : first;
  }

  /** A line for the stuck report. */
  describeOpen(): string | undefined {
    const open = this.ledger.open();
    if (open === undefined) return undefined;
    let late: ElementRecord | undefined;
    for (const element of this.#pe.collections.syncElements()) {
      if (element.lb!.nextSync > open.step) continue;
      late = element;
      break;
    }
    const who = late === undefined ? '' : `, for instance not ${late.label}`;
    return `AtSync step ${open.step}: ${open.reached} of ${open.owed} elements of PE ${this.#pe.id} have called atSync()${who}`;
  }
}

/**
 * What `atSync()` gives. Awaited, it holds its element in place, since what follows can't move; that is why it is not a
 * plain promise: nobody can see whether that is awaited.
 */
export class SyncWait implements PromiseLike<void> {
  readonly #element: ElementRecord;
  readonly #pending: Pending;

  constructor(element: ElementRecord, pending: Pending) {
    this.#element = element;
    this.#pending = pending;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is awaited.
  then<A = void, B = never>(
    onReleased?: ((value: undefined) => A | PromiseLike<A>) | null,
    onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const element = this.#element;
    const { pe } = element.collection;
    if (element.isGone) {
      const problem = `${element.label} has moved on while a method of it that nobody awaits waits for atSync()`;
      const error = new UsageError(`${problem}; make the entry method async and await it there`);
      return Promise.reject(error).then(onReleased as never, onFailed);
    }
    element.entriesInFlight++;
    element.lb!.isAwaited = true;
    const promise = this.#pending.wait() as Promise<undefined>;
    void promise.then(() => pe.ended(element));
    return promise.then(onReleased, onFailed);
  }
}
