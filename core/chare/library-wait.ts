/**
 * `LibraryWait`: for libraries of chares that make promises of their own (MPI requests, for instance) and settle them when a
 * message of theirs comes. It tells the runtime what it knows by itself about futures.
 *
 *  1. Made in an entry method of the chare. What that method waits for from then on counts as its own.
 *  2. The library says `waking()` just before it settles a promise that the chare waits for: the PE runs a microtask turn, and
 *     load and traces know who goes on in it.
 *  3. Between `open` and `close` it stands in the waits of its PE; `describe` is asked only for the report of a stuck job.
 *
 * Cost: waking takes a few nanoseconds for the first in a turn, and a microtask for each other.
 */
import type { EntryMethod } from '../message/entry-table.ts';
import { describeWaiter, type Wait } from '../message/request.ts';
import type { Pe } from '../pe/pe.ts';
import { ChareBase } from './chare.ts';
import type { ElementRecord } from './element.ts';

export class LibraryWait implements Wait {
  readonly element: ElementRecord;
  private readonly pe: Pe;
  private readonly entry: EntryMethod | undefined;
  private readonly describe: () => string;

  constructor(chare: ChareBase, describe: () => string) {
    this.element = ChareBase.recordOf(chare);
    this.pe = this.element.collection.pe;
    this.entry = this.pe.currentEntry;
    this.describe = describe;
  }

  open(): void {
    this.pe.waits.add(this);
  }

  close(): void {
    this.pe.waits.delete(this);
  }

  /** A promise that the chare waits for is about to be settled. */
  waking(): void {
    this.pe.continuation.settling(this.element, this.entry);
    this.pe.resumeSoon();
  }

  describeWaiter(): string {
    return describeWaiter(this.pe.id, this.element, this.entry);
  }

  describeAim(): string {
    return this.describe();
  }
}
