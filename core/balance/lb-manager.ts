/**
 * Load balancing on one PE: AtSync, measuring, and moving what PE 0 says.
 *
 * A step, here called s, of AtSync:
 *  1. An element calls atSync(). It waits, unless nothing is due: then it goes on at once, and only counts as having
 *     come (sync-ledger.ts).
 *  2. When all have come, PE 0 (lb-coordinator.ts) asks every PE what it has measured.
 *  3. PE 0 tells each PE that has to do with moves which of its objects go where, and how many will come. It sends them off,
 *     and a word instead of each that cannot go: it is gone, or an async method of its has begun.
 *  4. A PE from which all have gone and to which all have come tells PE 0.
 *  5. PE 0 tells all that step s is done, and from which step on elements shall wait: here they are released.
 *
 * A step that was not caused by AtSync has steps 2 to 4 only.
 *
 * Invariant: an element waits if and only if it has reached a step that is due and not done, as known where it is. Both
 * numbers come from PE 0 in order, so whatever it misses on its way it finds where it comes to.
 */
import { UsageError } from '../base/errors.ts';
import type { ElementRecord } from '../chare/element.ts';
import type { Key } from '../chare/index-space.ts';
import { treePlace } from '../collective/spanning-tree.ts';
import { canGoNow, sendOff } from '../location/migration.ts';
import { FrameKind } from '../message/envelope.ts';
import { Pending } from '../message/future.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeValue } from '../pup/decode.ts';
import { encodeValue } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import type { Balancing, LbStepReport } from './balancing.ts';
import { LbCoordinator } from './lb-coordinator.ts';
import { firstDue } from './lb-schedule.ts';
import { LbState } from './lb-state.ts';
import { LoadDatabase, type LocalReport } from './load-database.ts';
import { resumeEntry } from './resume-entry.ts';
import { SyncLedger } from './sync-ledger.ts';

/** What frames of load balancing say. Values are the wire. */
const Word = {
  syncReport: 1,
  syncBegin: 2,
  syncLate: 3,
  measure: 4,
  measured: 5,
  order: 6,
  missed: 7,
  settled: 8,
  done: 9,
  request: 10,
  sleep: 11,
  wake: 12,
  availability: 13,
  setBalancer: 14,
} as const;

/** What one PE has to do in a step. */
export interface Order {
  /** Names of the objects that leave, and where they go. */
  readonly sets: Int32Array;
  readonly keys: Float64Array | readonly Key[];
  readonly to: Int32Array;
  /** How many come. */
  readonly coming: number;
}

export interface Settled {
  readonly migrations: number;
  readonly refusals: readonly string[];
}

const refusalsMax = 20;
const settled = Promise.resolve();

export class LbManager {
  readonly ledger: SyncLedger;
  readonly database: LoadDatabase;
  readonly #pe: Pe;
  readonly #children: readonly number[];
  readonly #coordinator: LbCoordinator | undefined;
  /** AtSync steps up to this one are done; elements wait at those from `due` on. */
  #done = 0;
  #due: number;
  #othersAtMeasure = 0;
  /** PE 0 makes no steps until somebody has something to do. */
  isAsleep = false;
  #othersAtSleep = 0;
  // The step under way.
  #isLeaving = true;
  #coming = 0;
  #came = 0;
  #migrations = 0;
  #refusals: string[] = [];

  constructor(pe: Pe, balancing: Balancing) {
    this.#pe = pe;
    const { parent, children } = treePlace(pe.id, pe.pes, 0);
    this.#children = children;
    this.#due = firstDue(balancing);
    this.#coordinator = pe.id === 0 ? new LbCoordinator(pe, this, balancing) : undefined;
    this.ledger = new SyncLedger({
      parent,
      children,
      report: (step, reached, births) => this.#tell(parent, Word.syncReport, step, reached, births),
      begin: (child, step) => this.#tell(child, Word.syncBegin, step, 0, 0),
      late: (step, reached, births) => this.#tell(0, Word.syncLate, step, reached, births),
      completed: (step) => this.#coordinator!.synchronised(step),
    });
    this.database = new LoadDatabase(pe);
    pe.handle(FrameKind.balance, (frame) => this.#onFrame(frame));
  }

  // ---- AtSync ----

  /** An element calls atSync(). */
  atSync(element: ElementRecord): SyncWait {
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
    return new SyncWait(element, lb.pending);
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
    pending?.resolve(undefined);
    const hasHook = typeof (element.chare as { resumeFromSync?: unknown }).resumeFromSync === 'function';
    if (hasHook && !isAwaited) this.#pe.deliver(element, resumeEntry, [], undefined, this.#pe.id, 0);
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
    this.database.leaves(element);
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

  // ---- steps ----

  /** Asks PE 0 for a step. */
  balance(): Promise<LbStepReport> {
    const pe = this.#pe;
    const pending = new Pending(pe, () => 'a load-balancing step');
    const { id } = pending.address();
    if (this.#coordinator !== undefined) this.#coordinator.asked(pe.id, id);
    else this.#tell(0, Word.request, id, 0, 0);
    return pending.wait() as Promise<LbStepReport>;
  }

  /** Names of strategies for PE 0; resolves when they are in force there. */
  setBalancer(names: readonly string[]): Promise<void> {
    if (this.#coordinator !== undefined) return this.#coordinator.setBalancer(names);
    const pending = new Pending(this.#pe, () => `the load balancer ${names.join()}`);
    this.#send(0, Word.setBalancer, { names, id: pending.address().id });
    return pending.wait() as Promise<void>;
  }

  #onSetBalancer(from: number, { names, id }: { readonly names: readonly string[]; readonly id: number }): void {
    const { futures } = this.#pe;
    this.#coordinator!.setBalancer(names).then(
      () => futures.settle(from, id, true, undefined),
      (error: unknown) => futures.settle(from, id, false, error),
    );
  }

  /** Whether objects may be on a PE, from the next step on. */
  setAvailable(pe: number, isAvailable: boolean): void {
    this.#tell(pe, Word.availability, isAvailable ? 1 : 0, 0, 0);
  }

  /** An array is set up here. */
  arrayCreated(): void {
    this.#coordinator?.startTimer();
  }

  /** Nobody has anything to do: each PE tells when it has. */
  sleepAll(): void {
    for (const child of this.#children) this.#tell(child, Word.sleep, 0, 0, 0);
    this.isAsleep = true;
    this.#othersAtSleep = Number.NaN;
  }

  /** Tasks are about to run here, or have run. */
  mayWake(): void {
    const others = this.#others();
    // Not known before: this was said within a message that has not been counted yet.
    if (Number.isNaN(this.#othersAtSleep)) this.#othersAtSleep = others;
    if (others === this.#othersAtSleep) return;
    this.isAsleep = false;
    this.#tell(0, Word.wake, 0, 0, 0);
  }

  /** PE 0 begins a step: every PE reports. */
  measureAll(): void {
    const pe = this.#pe;
    pe.writer.begin(FrameKind.balance, Word.measure, 0, 0, pe.id);
    pe.writer.end();
    for (const child of this.#children) pe.send(child);
    this.#coordinator!.measured(this.#report());
  }

  #onMeasure(frame: Reader): void {
    for (const child of this.#children) this.#pe.forward(child, frame);
    this.#send(0, Word.measured, this.#report());
  }

  #report(): LocalReport {
    const others = this.#others();
    const isIdle = others === this.#othersAtMeasure;
    this.#othersAtMeasure = others;
    return this.database.report(isIdle);
  }

  /** Messages processed here that show some life of the program. */
  #others(): number {
    return this.#pe.processed - this.#pe.housekeeping;
  }

  /** PE 0 says what a PE has to do. */
  order(pe: number, order: Order): void {
    if (pe === this.#pe.id) this.#obey(order);
    else this.#send(pe, Word.order, order);
  }

  #obey({ sets, keys, to, coming }: Order): void {
    this.#isLeaving = true;
    this.#coming = coming;
    for (let i = 0; i < to.length; i++) {
      const refusal = this.#dispatch(sets[i]!, keys[i]!, to[i]!);
      if (refusal === undefined) this.#migrations++;
      else {
        if (this.#refusals.length < refusalsMax) this.#refusals.push(refusal);
        this.#tell(to[i]!, Word.missed, 0, 0, 0);
      }
    }
    this.#isLeaving = false;
    this.#settle();
  }

  /** Sends an object off. Returns why not, if it can't go. */
  #dispatch(set: number, key: Key, to: number): string | undefined {
    const collection = this.#pe.collections.numbered(set);
    const [first] = collection?.boundSet.companions(key) ?? [];
    if (first === undefined) {
      const name = collection?.labelOf(key) ?? 'an object';
      return `${name} is no longer on PE ${this.#pe.id}, and so does not go to PE ${to}`;
    }
    const obstacle = canGoNow(first);
    if (obstacle !== undefined) return `${first.label} cannot go to PE ${to}: ${obstacle}`;
    sendOff(first, to);
    return undefined;
  }

  /** An object that this step has sent here has come, or will not. */
  came(): void {
    this.#came++;
    this.#settle();
  }

  #settle(): void {
    if (this.#isLeaving || this.#came < this.#coming) return;
    const settled: Settled = { migrations: this.#migrations, refusals: this.#refusals };
    this.#isLeaving = true;
    this.#coming = 0;
    this.#came = 0;
    this.#migrations = 0;
    this.#refusals = [];
    if (this.#coordinator !== undefined) this.#coordinator.settled(settled);
    else this.#send(0, Word.settled, settled);
  }

  /** PE 0 says which AtSync step is done, and from which on elements shall wait. */
  sayDone(done: number, due: number): void {
    for (const child of this.#children) this.#tell(child, Word.done, done, due, 0);
    this.#onDone(done, due);
  }

  #onDone(done: number, due: number): void {
    this.#done = done;
    this.#due = due;
    this.#releaseReady();
  }

  // ---- frames ----

  #onFrame(frame: Reader): void {
    switch (frame.flags) {
      case Word.setBalancer:
        return this.#onSetBalancer(
          frame.source,
          decodeValue(frame, this.#pe.context) as { names: string[]; id: number },
        );
      case Word.measure:
        return this.#onMeasure(frame);
      case Word.measured:
        return this.#coordinator!.measured(decodeValue(frame, this.#pe.context) as LocalReport);
      case Word.order:
        return this.#obey(decodeValue(frame, this.#pe.context) as Order);
      case Word.settled:
        return this.#coordinator!.settled(decodeValue(frame, this.#pe.context) as Settled);
      default:
        return this.#onWord(frame.flags, frame.source, frame.f64(), frame.f64(), frame.f64());
    }
  }

  #onWord(word: number, from: number, a: number, b: number, c: number): void {
    switch (word) {
      case Word.syncReport:
        return this.ledger.onReport(from, a, b, c);
      case Word.syncBegin:
        return this.ledger.onBegin(a);
      case Word.syncLate:
        return this.ledger.onLate(a, b, c);
      case Word.missed:
        return this.came();
      case Word.done:
        return this.sayDone(a, b);
      case Word.request:
        return this.#coordinator!.asked(from, a);
      case Word.sleep:
        return this.sleepAll();
      case Word.wake:
        return this.#coordinator!.startTimer();
      case Word.availability:
        this.database.isAvailable = a === 1;
    }
  }

  #tell(to: number, word: number, a: number, b: number, c: number): void {
    const pe = this.#pe;
    pe.writer.begin(FrameKind.balance, word, 0, 0, pe.id);
    pe.writer.f64(a);
    pe.writer.f64(b);
    pe.writer.f64(c);
    pe.writer.end();
    if (to === pe.id) pe.replaySealedFrame();
    else pe.send(to);
  }

  #send(to: number, word: number, value: unknown): void {
    const pe = this.#pe;
    pe.writer.begin(FrameKind.balance, word, 0, 0, pe.id);
    encodeValue(pe.writer, value, 'load balancing');
    pe.writer.end();
    pe.send(to);
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
