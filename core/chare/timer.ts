/**
 * Timers of chares: `this.sendAfter(ms).method(...)` and `this.sendEvery(ms).method(...)` send a message to the chare itself, later.
 *
 *  1. A timer belongs to its element. The PE where that is asks its host to be called back.
 *  2. When its time has come it sends the message, which takes its turn like any other. A periodic one is due again a period after
 *     it was due; if that has passed too, at once, so that no ticks pile up.
 *  3. A migrating element takes its timers along: what is left of the time goes into its frame, and the new PE goes on with it.
 *
 * Counting: a timer that fires once counts as a message on its way, like `charm.sleep`, until it has fired or been cancelled. A
 * periodic one does not count, since it never ends by itself; each of its messages does.
 *
 * Invariant: only the PE where the element is has a call outstanding for it; `stop` takes it back.
 */
import { UsageError } from '../base/errors.ts';
import type { EntryMethod, EntryTable } from '../message/entry-table.ts';
import { HandleKind, writeCollection, writeKey } from '../message/handle-kinds.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeArguments } from '../pup/decode.ts';
import { encodeArguments } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { Handle, writeHandle } from '../pup/value-codec.ts';
import type { Writer } from '../pup/writer.ts';
import type { Chare } from './chare.ts';
import type { Collection } from './collection.ts';
import type { ElementRecord } from './element.ts';
import type { Key } from './index-space.ts';

/** The longest time that timers of the platform can wait. */
const msMax = 2 ** 31 - 1;

/** @throws UsageError for a time that nobody can wait. */
export function checkDelay(ms: number, what: string): void {
  if (!(ms >= 0 && ms <= msMax)) throw new UsageError(`${what} takes milliseconds, 0 to ${msMax}, not ${ms}`);
}

/** A timer of a chare. May be kept in a field of the chare, and moves along with it. */
export class Timer extends Handle {
  readonly #collection: Collection;
  readonly #key: Key;
  readonly #id: number;

  constructor(collection: Collection, key: Key, id: number) {
    super();
    this.#collection = collection;
    this.#key = key;
    this.#id = id;
  }

  /** False once it has fired for the last time, or was cancelled. @throws UsageError where the chare is not. */
  get isActive(): boolean {
    return this.#table('asked about').has(this.#id);
  }

  /** Sends no message any more. One that is in the queue already still comes. @throws UsageError where the chare is not. */
  cancel(): void {
    this.#table('cancelled').cancel(this.#id);
  }

  #table(what: string): TimerTable {
    const timers = this.#collection.locals.get(this.#key)?.mailbox?.timers;
    if (timers !== undefined) return timers;
    const label = this.#collection.labelOf(this.#key);
    throw new UsageError(`a timer of ${label} can only be ${what} by ${label} itself`);
  }

  [writeHandle](writer: Writer): void {
    writer.u8(HandleKind.timer);
    writeCollection(writer, this.#collection);
    writeKey(writer, this.#key);
    writer.f64(this.#id);
  }
}

type Delayed<F> = F extends (...args: infer A) => unknown ? (...args: A) => Timer : unknown;

/** The entry methods of a chare, to be called later by a timer. */
export type TimerMethods<C> = { readonly [K in keyof C]: K extends keyof Chare<unknown> ? unknown : Delayed<C[K]> };

interface ActiveTimer {
  readonly entry: EntryMethod;
  readonly args: unknown[];
  /** 0: fires once. */
  readonly periodMs: number;
  /** By the clock of the PE. */
  dueMs: number;
  /** Takes the call of the host back. */
  stop: () => void;
}

/** The timers of one element. */
export class TimerTable {
  readonly #element: ElementRecord;
  readonly #pe: Pe;
  readonly #active = new Map<number, ActiveTimer>();
  #lastId = 0;

  constructor(element: ElementRecord) {
    this.#element = element;
    this.#pe = element.collection.pe;
  }

  has(id: number): boolean {
    return this.#active.has(id);
  }

  start(entry: EntryMethod, args: unknown[], delayMs: number, periodMs: number): Timer {
    const id = ++this.#lastId;
    this.#arm(id, entry, args, delayMs, periodMs);
    return new Timer(this.#element.collection, this.#element.key, id);
  }

  cancel(id: number): void {
    const timer = this.#active.get(id);
    if (timer === undefined) return;
    this.#active.delete(id);
    this.#disarm(timer);
  }

  #arm(id: number, entry: EntryMethod, args: unknown[], delayMs: number, periodMs: number): void {
    const pe = this.#pe;
    const timer = { entry, args, periodMs, dueMs: pe.clock.now() + delayMs, stop: (): void => undefined };
    this.#active.set(id, timer);
    this.#await(id, timer, delayMs);
    if (periodMs > 0) return;
    pe.created++;
    pe.trackedCount++;
  }

  #await(id: number, timer: ActiveTimer, delayMs: number): void {
    timer.stop = this.#pe.host.after(delayMs, () => this.#fire(id, timer));
  }

  #fire(id: number, timer: ActiveTimer): void {
    if (this.#active.get(id) !== timer || this.#pe.isStopped) return;
    const { collection, key } = this.#element;
    collection.tell(key, timer.entry, timer.args, timer.entry.options);
    if (timer.periodMs === 0) return this.cancel(id);
    const now = this.#pe.clock.now();
    timer.dueMs = Math.max(timer.dueMs + timer.periodMs, now);
    this.#await(id, timer, timer.dueMs - now);
  }

  #disarm(timer: ActiveTimer): void {
    timer.stop();
    if (timer.periodMs > 0) return;
    this.#pe.processed++;
    this.#pe.trackedCount--;
  }

  /** The element has left this PE, or died. */
  left(): void {
    for (const timer of this.#active.values()) this.#disarm(timer);
    this.#active.clear();
  }

  write(writer: Writer): void {
    writer.f64(this.#lastId);
    writer.u32(this.#active.size);
    const now = this.#pe.clock.now();
    for (const [id, { entry, args, periodMs, dueMs }] of this.#active) {
      writer.f64(id);
      writer.u32(entry.id);
      writer.f64(Math.max(0, dueMs - now));
      writer.f64(periodMs);
      encodeArguments(writer, args, `${this.#element.label}.${entry.name}`);
    }
  }

  read(reader: Reader): void {
    const { pe, type } = this.#element.collection;
    this.#lastId = reader.f64();
    for (let left = reader.count(); left > 0; left--) {
      const id = reader.f64();
      const entry = type.table.byId(reader.u32());
      const [delayMs, periodMs] = [reader.f64(), reader.f64()];
      this.#arm(id, entry, decodeArguments(reader, pe.context), delayMs, periodMs);
    }
  }
}

export type TimerView = new (timers: TimerTable, delayMs: number, periodMs: number) => object;

/** What `this.sendAfter(ms)` of a chare gives: its entry methods, each of which starts a timer. */
export function makeTimerView(table: EntryTable): TimerView {
  class View {
    readonly #timers: TimerTable;
    readonly #delayMs: number;
    readonly #periodMs: number;

    constructor(timers: TimerTable, delayMs: number, periodMs: number) {
      this.#timers = timers;
      this.#delayMs = delayMs;
      this.#periodMs = periodMs;
    }

    static start(view: View, entry: EntryMethod, args: unknown[]): Timer {
      if (entry.callKind === 'local')
        throw new UsageError(`${table.className}.${entry.name} is local: a timer can't send it a message`);
      return view.#timers.start(entry, args, view.#delayMs, view.#periodMs);
    }
  }
  for (const entry of table.entries) {
    const value = function (this: View, ...args: unknown[]): Timer {
      return View.start(this, entry, args);
    };
    Object.defineProperty(View.prototype, entry.name, { value });
  }
  return View;
}
