/**
 * Who runs when an async entry method goes on: its time counts as load of its element, what it sends as its traffic, and
 * what it waits for next is reported under its name.
 *
 *  1. A Pending says when it is settled. What waits for it goes on in a microtask, in the order of settling.
 *  2. If it is the first since the last microtask turn, as it mostly is, its element becomes `pe.current` when the
 *     PE has stopped running tasks for the turn. This costs next to nothing.
 *  3. Otherwise a microtask just before the waiting method's own makes it `pe.current`.
 *  4. It stays so until the next such moment, or until the PE runs tasks again.
 *
 * A trace sink hears of the same moments, and of what was waited for: the message that brought it, or, if it came from here,
 * a message of its own. What goes on because of a timer is over for the sink a few microtask turns later.
 *
 * Not seen: what goes on behind promises that are not the runtime's (`await undefined`, a request); and where several
 * methods go on in one microtask turn, one that awaited through helper functions may count as another.
 */
import type { ElementRecord } from '../chare/element.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import type { Pe } from '../pe/pe.ts';
import type { TraceSink } from '../pe/trace-sink.ts';
import type { EntryMeter } from './entry-meter.ts';

const settled = Promise.resolve();
/** What goes on behind a timer may do so through this many promises. */
const hopsBehindTimer = 8;

export class Continuation {
  readonly #pe: Pe;
  /** Something is to be done when the PE stops, or begins, to run tasks. */
  isActive = false;
  #hasFirst = false;
  #firstElement: ElementRecord | undefined = undefined;
  #firstEntry: EntryMethod | undefined = undefined;
  /** Whose time is being measured. */
  #element: ElementRecord | undefined = undefined;
  #meter: EntryMeter | undefined = undefined;
  #startedAt = 0;
  /** The message that is being handled and may settle something; 0 for none. */
  #source = 0;
  #event = 0;
  /** The same for the first. */
  #firstSource = 0;
  #firstEvent = 0;

  constructor(pe: Pe) {
    this.#pe = pe;
  }

  /** What `element` waited for in `entry` is about to be settled. */
  settling(element: ElementRecord | undefined, entry: EntryMethod | undefined): void {
    const pe = this.#pe;
    if (pe.trace !== undefined) this.#findCause(pe.trace);
    if (pe.isRunningTasks && !pe.needsTurn) {
      this.#hasFirst = true;
      this.#firstElement = element;
      this.#firstEntry = entry;
      this.#firstSource = this.#source;
      this.#firstEvent = this.#event;
      this.isActive = true;
    } else if (pe.trace !== undefined) {
      this.#beginTraced(element, entry, this.#source, this.#event);
    } else if (element !== undefined || pe.isRunningTasks) {
      void settled.then(() => this.#begin(element, entry));
    }
  }

  /** What is settled from now on is so because of this message. */
  causedBy(source: number, event: number): void {
    this.#source = source;
    this.#event = event;
  }

  /** What an entry method settles here is like a message from here. */
  #findCause(trace: TraceSink): void {
    const pe = this.#pe;
    if (!pe.isRunningTasks || (this.#event !== 0 && this.#source !== pe.id)) return;
    this.causedBy(pe.id, ++pe.lastEvent);
    trace.replied(this.#event, pe.id, 0);
  }

  #beginTraced(
    element: ElementRecord | undefined,
    entry: EntryMethod | undefined,
    source: number,
    event: number,
  ): void {
    const isTimer = !this.#pe.isRunningTasks;
    const begin = (): void => {
      this.#begin(element, entry);
      this.#pe.trace?.resumed(element, entry, source, isTimer ? 0 : event);
      if (isTimer) this.#suspendAfter(hopsBehindTimer);
    };
    void settled.then(begin);
  }

  #suspendAfter(hops: number): void {
    if (this.#pe.isRunningTasks) return;
    if (hops === 0) this.#pe.trace?.suspended();
    else void settled.then(() => this.#suspendAfter(hops - 1));
  }

  /** What follows in this microtask is `element` going on. */
  goesOn(element: ElementRecord, entry: EntryMethod | undefined): void {
    this.#begin(element, entry);
    this.#pe.trace?.resumed(element, entry, this.#source, 0);
  }

  /** The PE has stopped running tasks: the microtask turn comes. */
  tasksEnded(): void {
    if (!this.#hasFirst) return;
    this.#hasFirst = false;
    this.#begin(this.#firstElement, this.#firstEntry);
    this.#pe.trace?.resumed(this.#firstElement, this.#firstEntry, this.#firstSource, this.#firstEvent);
  }

  /** The PE begins to run tasks: the microtask turn is over. */
  tasksBegin(): void {
    this.isActive = false;
    this.#close();
    this.#pe.trace?.suspended();
    this.#pe.current = undefined;
  }

  #begin(element: ElementRecord | undefined, entry: EntryMethod | undefined): void {
    const pe = this.#pe;
    this.#close();
    this.isActive = true;
    pe.current = element;
    pe.currentEntry = entry;
    if (element === undefined || entry === undefined) return;
    const { collection } = element;
    const meter = collection.waitMeters[entry.slot] ?? collection.newWaitMeter(entry.slot);
    if (--meter.countdown !== 0) element.ticks = (element.ticks + meter.meanTicks) | 0;
    else {
      this.#element = element;
      this.#meter = meter;
      this.#startedAt = pe.clock.now();
    }
  }

  #close(): void {
    if (this.#meter === undefined || this.#element === undefined) return;
    this.#meter.sample(this.#element, (this.#pe.clock.now() - this.#startedAt) / 1000);
    this.#meter = undefined;
  }
}
