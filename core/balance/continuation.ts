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
 * Not seen: what goes on behind promises that are not the runtime's (`await undefined`, a request); and where several
 * methods go on in one microtask turn, one that awaited through helper functions may count as another.
 */
import type { ElementRecord } from '../chare/element.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import type { Pe } from '../pe/pe.ts';
import type { EntryMeter } from './entry-meter.ts';

const settled = Promise.resolve();

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

  constructor(pe: Pe) {
    this.#pe = pe;
  }

  /** What `element` waited for in `entry` is about to be settled. */
  settling(element: ElementRecord | undefined, entry: EntryMethod | undefined): void {
    const pe = this.#pe;
    if (pe.isRunningTasks && !pe.needsTurn) {
      this.#hasFirst = true;
      this.#firstElement = element;
      this.#firstEntry = entry;
      this.isActive = true;
    } else if (element !== undefined || pe.isRunningTasks) {
      void settled.then(() => this.#begin(element, entry));
    }
  }

  /** The PE has stopped running tasks: the microtask turn comes. */
  tasksEnded(): void {
    if (!this.#hasFirst) return;
    this.#hasFirst = false;
    this.#begin(this.#firstElement, this.#firstEntry);
  }

  /** The PE begins to run tasks: the microtask turn is over. */
  tasksBegin(): void {
    this.isActive = false;
    this.#close();
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
    const meter = collection.waitMeters[entry.id] ?? collection.newWaitMeter(entry.id);
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
