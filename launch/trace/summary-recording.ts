/**
 * Records of a PE only how long each of its entry methods ran, how often, and when it idled, for runs whose whole trace
 * would be too large. What an execution is, and when it begins and ends, is as in pe-recording.ts, so that totals are
 * those of a whole trace:
 *
 *  1. The end of an execution is read; the next begins at the same time, unless something else has run between. An
 *     execution inside another ends it, and what is left of the outer one counts as one more.
 *  2. Messages are not recorded: sending costs an empty call, and no reading of the clock.
 *  3. What is open when a summary is written counts up to then.
 */
import type { ElementRecord } from '../../core/chare/element.ts';
import type { EntryMethod } from '../../core/message/entry-table.ts';
import { SilentSink } from '../../core/pe/trace-sink.ts';
import { none, type SummaryBins } from '../../projections/index.ts';
import type { TraceLayout } from './layout.ts';

export interface SummaryRecordingOptions {
  readonly pe: number;
  readonly bins: SummaryBins;
  readonly layout: TraceLayout;
  /** Nanoseconds since the start of the run. */
  readonly now: () => number;
  /** First moment of the PE. */
  readonly begin: number;
  /** Reading the clock costs nothing. */
  readonly isVirtual?: boolean;
}

interface Outer {
  readonly depth: number;
  readonly entry: number;
}

export class SummaryRecording extends SilentSink {
  override isOn = true;
  readonly bins: SummaryBins;
  readonly #pe: number;
  readonly #layout: TraceLayout;
  readonly #now: () => number;
  readonly #isVirtual: boolean;
  /** The last time that was read, and whether nothing else has run since. */
  #last: number;
  #isChained = false;
  /** The execution that is open, or none; when it began, and up to when it has been counted. */
  #entry = none;
  #begin = 0;
  #counted = 0;
  #depth = 0;
  readonly #outers: Outer[] = [];
  /** While recording is off: the entry method that runs. */
  #unseen = none;
  #isIdle = false;
  #idleSince = 0;
  /** `main` or an async method that goes on. */
  #isResumed = false;

  constructor({ pe, bins, layout, now, begin, isVirtual = false }: SummaryRecordingOptions) {
    super();
    this.#pe = pe;
    this.bins = bins;
    this.#layout = layout;
    this.#now = now;
    this.#isVirtual = isVirtual;
    this.#last = Math.round(begin);
  }

  #read(): number {
    const now = Math.round(this.#now());
    if (now > this.#last) this.#last = now;
    return this.#last;
  }

  override scheduling(): void {
    this.#isChained = false;
  }

  // ---- idling ----

  override idle(): void {
    if (!this.isOn || this.#isIdle) return;
    this.#isChained = false;
    this.#isResumed = false;
    const time = this.#read();
    this.#close(time);
    this.#isIdle = true;
    this.#idleSince = time;
  }

  override busy(): void {
    this.#wake();
  }

  #wake(): void {
    if (!this.#isIdle) return;
    this.#isIdle = false;
    this.bins.idle(this.#idleSince, this.#read());
  }

  override queued(): void {
    this.#wake();
  }

  override broadcastQueued(): void {
    this.#wake();
  }

  override arrived(): void {
    this.#wake();
  }

  override left(): void {
    this.#wake();
  }

  // ---- executions ----

  override begin({ collection }: ElementRecord, { id }: EntryMethod): void {
    this.#depth++;
    const row = this.#layout.entryOf(collection.type, id);
    if (this.isOn) this.#start(row);
    else this.#unseen = row;
  }

  override created({ collection }: ElementRecord): void {
    this.#depth++;
    if (this.isOn) this.#start(this.#layout.constructorOf(collection.type));
  }

  #start(entry: number): void {
    if (this.#isIdle) this.#wake();
    if (this.#entry !== none) this.#interrupt();
    const time = this.#isChained ? this.#last : this.#read();
    this.#close(time);
    this.#open(entry, time);
  }

  #open(entry: number, time: number): void {
    this.#entry = entry;
    this.#begin = time;
    this.#counted = time;
    this.bins.call(entry, time);
  }

  #close(time: number): void {
    if (this.#entry === none) return;
    this.bins.busy(this.#entry, this.#counted, time);
    this.bins.took(this.#entry, time - this.#begin);
    this.#entry = none;
  }

  /** What goes on after an await is never interrupted: it was over, unseen. */
  #interrupt(): void {
    if (this.#isResumed) {
      this.#isResumed = false;
      return;
    }
    this.#isChained = false;
    this.#outers.push({ depth: this.#depth - 1, entry: this.#entry });
  }

  override end(_element: ElementRecord): void {
    this.#depth--;
    if (!this.isOn) {
      this.#unseen = none;
      return;
    }
    const time = this.#read();
    this.#close(time);
    this.#isChained = !this.#isVirtual;
    if (this.#outers.length > 0) this.#return(time);
  }

  #return(time: number): void {
    const outer = this.#outers.at(-1);
    if (outer === undefined || outer.depth !== this.#depth) return;
    this.#outers.pop();
    this.#open(outer.entry, time);
  }

  override constructed(element: ElementRecord): void {
    this.end(element);
  }

  override resumed(element: ElementRecord | undefined, entry: EntryMethod | undefined): void {
    if (!this.isOn) return;
    if (element === undefined && this.#pe !== 0) return;
    if (element !== undefined && entry === undefined) return;
    this.#isChained = false;
    this.#isResumed = false;
    this.#close(this.#read());
    const row = element === undefined ? this.#layout.main : this.#layout.entryOf(element.collection.type, entry!.id);
    this.#start(row);
    this.#isResumed = true;
  }

  override suspended(): void {
    if (!this.isOn || !this.#isResumed) return;
    this.#isResumed = false;
    this.#close(this.#read());
  }

  override turn(isOn: boolean): void {
    if (isOn === this.isOn) return;
    if (!isOn) {
      const time = this.#read();
      this.#close(time);
      this.#wake();
      this.#isResumed = false;
      this.#outers.length = 0;
    }
    this.isOn = isOn;
    this.#isChained = false;
    // The rest of the entry method that has turned it on.
    if (isOn && this.#unseen !== none) this.#start(this.#unseen);
    this.#unseen = none;
  }

  /** Counts what is open up to now; then the bins are complete. */
  settle(): void {
    const time = this.#read();
    this.bins.reach(time);
    if (this.#entry !== none) {
      this.bins.busy(this.#entry, this.#counted, time);
      this.bins.took(this.#entry, time - this.#begin);
      this.#counted = time;
    }
    if (this.#isIdle) {
      this.bins.idle(this.#idleSince, time);
      this.#idleSince = time;
    }
  }
}
