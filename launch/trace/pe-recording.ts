/**
 * Records what a PE tells into its trace.
 *
 * Reading the clock costs more than all the rest (45 ns), so it is read as seldom as the truth allows:
 *
 *  1. The end of an execution is read; the next one begins at the same time, unless something else has run between
 *     (`scheduling`, idling, microtasks).
 *  2. A message to another PE reads it, since the arrow to the receiver shall be right. A local one takes the time of the
 *     last reading, which in a short entry method is its beginning; entry methods that took longer than 2 us the last time
 *     read it, at every n-th sending, such that a microsecond passes between readings.
 *  3. When a local message was queued is left to the reader of the trace: when it was sent.
 *
 * So times of one PE never fall, and a short entry method costs one reading. In virtual time, where reading is free,
 * every time is exact.
 *
 * Executions do not nest: one that begins inside another ends it, and it begins again behind, as `inline`.
 */
import type { LbStepReport } from '../../core/balance/balancing.ts';
import type { Collection } from '../../core/chare/collection.ts';
import type { ElementRecord } from '../../core/chare/element.ts';
import type { Key } from '../../core/chare/index-space.ts';
import type { SendOptions } from '../../core/chare/proxy-types.ts';
import type { EntryMethod } from '../../core/message/entry-table.ts';
import type { TraceSink } from '../../core/pe/trace-sink.ts';
import { type LogWriter, none, type Recorder, wakeCodes } from '../../projections/index.ts';
import type { TraceLayout } from './layout.ts';
import { type Outer, priorityOf, recordLbStep, type Unseen } from './open-execution.ts';
import { UserRecords } from './user-records.ts';

export interface RecordingOptions {
  readonly pe: number;
  readonly pes: number;
  readonly log: LogWriter;
  readonly recorder: Recorder;
  readonly layout: TraceLayout;
  /** Nanoseconds since the start of the run. */
  readonly now: () => number;
  /** First moment of the PE. */
  readonly begin: number;
  /** Reading the clock costs nothing. */
  readonly isVirtual?: boolean;
  /** Tasks in the queue of the PE. */
  readonly queueLength: () => number;
}

/** Entry methods that take longer than this have the times of their sendings read. */
const longNs = 2000;
/** What shall pass between two readings for sendings. */
const sendGapNs = 1000;
const sendsPerReadMax = 64;
/** Frames from this size on have their packing and unpacking recorded. */
const packBytesMin = 1024;
const sampleEveryNs = 1e6;
/** After this a crashed run's trace ends early. */
const flushEveryNs = 1e8;

export class PeRecording implements TraceSink {
  isOn = true;
  readonly #pe: number;
  readonly #pes: number;
  /** For what is frequent. */
  readonly #log: LogWriter;
  /** For everything else. */
  readonly #recorder: Recorder;
  #isExecuting = false;
  readonly #layout: TraceLayout;
  readonly #now: () => number;
  readonly #isVirtual: boolean;
  readonly #queueLength: () => number;
  /** The last time that was read, and whether nothing else has run since. */
  #last: number;
  #isChained = false;
  #begin = 0;
  #entry = none;
  #element = none;
  #source = none;
  #message = none;
  #depth = 0;
  readonly #outers: Outer[] = [];
  /** What runs while recording is off. */
  #unseen: Unseen | undefined = undefined;
  /** By entry method: the last execution was long. */
  readonly #isLong: Uint8Array;
  #sendsUntilRead = 1;
  #sendsPerRead = 1;
  #isIdle = false;
  /** `main` or an async method that goes on. */
  #isResumed = false;
  #hasMainBegun = false;
  #sampledAt = 0;
  #flushedAt = 0;
  #packingAt = 0;
  #unpackingAt = 0;
  #movingAt = 0;
  readonly #dimensionsOf = new Map<number, number>();
  /** When the first contribution came, of reductions whose root is here. */
  readonly #reductions = new Map<string, number>();
  readonly #user: UserRecords;

  constructor({ pe, pes, log, recorder, layout, now, begin, isVirtual = false, queueLength }: RecordingOptions) {
    this.#pe = pe;
    this.#pes = pes;
    this.#log = log;
    this.#recorder = recorder;
    this.#layout = layout;
    this.#user = new UserRecords(recorder);
    this.#now = now;
    this.#isVirtual = isVirtual;
    this.#queueLength = queueLength;
    this.#last = Math.round(begin);
    this.#flushedAt = this.#last;
    this.#isLong = new Uint8Array(layout.entries.length).fill(1);
  }

  // ---- time ----

  #read(): number {
    const now = Math.round(this.#now());
    // A clock that was set on another thread may differ by a hair.
    if (now > this.#last) this.#last = now;
    return this.#last;
  }

  scheduling(): void {
    this.#isChained = false;
  }

  /** What happens now ends idling. */
  #wake(time: number): void {
    if (!this.#isIdle) return;
    this.#isIdle = false;
    this.#log.wake(time);
  }

  idle(): void {
    if (!this.isOn || this.#isIdle) return;
    this.#isIdle = true;
    this.#isChained = false;
    this.#isResumed = false;
    const time = this.#read();
    if (this.#isExecuting) this.#log.end(time);
    this.#isExecuting = false;
    this.#log.idle(time);
    this.#sample(this.#last);
  }

  busy(): void {
    if (this.#isIdle) this.#wake(this.#read());
  }

  /** The length of the queue, and now and then everything into the file. */
  #sample(time: number): void {
    this.#sampledAt = time;
    this.#recorder.point('queueLength', time, none, this.#queueLength());
    if (time - this.#flushedAt >= flushEveryNs) this.flush();
  }

  flush(): void {
    this.#flushedAt = this.#last;
    this.#recorder.flush();
    this.#log.flush();
  }

  /** Of the garbage collector, which tells later. */
  collected(begin: number, end: number, kind: number): void {
    if (this.isOn) this.#recorder.span('gc', begin, end, kind, none, none, Number.NaN);
  }

  /** Memory in use. */
  memory(bytes: number): void {
    if (this.isOn) this.#recorder.point('memory', this.#read(), none, bytes);
  }

  finish(): void {
    this.#log.flush();
    this.#recorder.finish(this.#read());
  }

  // ---- executions ----

  begin(element: ElementRecord, entry: EntryMethod, source: number, event: number): void {
    this.#depth++;
    if (this.isOn) this.#start(this.#rowOf(element, entry), element, source, event, wakeCodes.message);
    else this.#unseen = { element, entry, source, event };
  }

  #rowOf({ collection }: ElementRecord, { id }: EntryMethod): number {
    return this.#layout.entryOf(collection.type, id);
  }

  #start(entry: number, element: ElementRecord | undefined, source: number, event: number, wake: number): void {
    if (this.#isIdle) this.#wake(this.#read());
    if (this.#isExecuting) this.#interrupt();
    const time = this.#isChained ? this.#last : this.#read();
    this.#begin = time;
    this.#entry = entry;
    this.#element =
      element === undefined ? none : element.watchNumber === -1 ? this.#define(element) : element.watchNumber;
    this.#source = source;
    this.#message = event;
    this.#isExecuting = true;
    this.#log.begin(time, entry, this.#element, source, event, wake);
  }

  end(_element: ElementRecord): void {
    this.#depth--;
    if (!this.isOn) {
      this.#unseen = undefined;
      return;
    }
    const time = this.#read();
    this.#log.end(time);
    this.#isExecuting = false;
    this.#isLong[this.#entry] = time - this.#begin > longNs ? 1 : 0;
    this.#isChained = !this.#isVirtual;
    if (this.#outers.length > 0) this.#return(time);
    if (time - this.#sampledAt >= sampleEveryNs) this.#sample(time);
  }

  /** What goes on after an await is never interrupted: it was over, unseen. */
  #interrupt(): void {
    if (this.#isResumed) {
      this.#isResumed = false;
      return;
    }
    this.#isChained = false;
    this.#outers.push({
      depth: this.#depth - 1,
      entry: this.#entry,
      element: this.#element,
      source: this.#source,
      message: this.#message,
    });
  }

  #return(time: number): void {
    const outer = this.#outers.at(-1);
    if (outer === undefined || outer.depth !== this.#depth) return;
    this.#outers.pop();
    this.#begin = time;
    this.#entry = outer.entry;
    this.#element = outer.element;
    this.#source = outer.source;
    this.#message = outer.message;
    const { entry, element, source, message } = outer;
    this.#isExecuting = true;
    this.#log.begin(time, entry, element, source, message, wakeCodes.inline);
  }

  resumed(element: ElementRecord | undefined, entry: EntryMethod | undefined, source: number, event: number): void {
    if (!this.isOn) return;
    if (element === undefined && this.#pe !== 0) return;
    if (element !== undefined && entry === undefined) return;
    this.#isChained = false;
    this.#isResumed = false;
    if (this.#isExecuting) {
      this.#log.end(this.#read());
      this.#isExecuting = false;
    }
    const isFirst = element === undefined && !this.#hasMainBegun;
    if (isFirst) this.#hasMainBegun = true;
    const row = element === undefined ? this.#layout.main : this.#rowOf(element, entry!);
    const from = event === 0 ? this.#pe : source;
    this.#start(row, element, from, event, isFirst ? wakeCodes.message : wakeCodes.resumed);
    this.#isResumed = true;
  }

  suspended(): void {
    if (!this.isOn || !this.#isResumed) return;
    this.#isResumed = false;
    const time = this.#read();
    this.#log.end(time);
    this.#isExecuting = false;
    this.#isLong[this.#entry] = time - this.#begin > longNs ? 1 : 0;
    if (time - this.#sampledAt >= sampleEveryNs) this.#sample(time);
  }

  created(element: ElementRecord): void {
    this.#depth++;
    if (!this.isOn) return;
    this.#start(this.#layout.constructorOf(element.collection.type), element, this.#pe, 0, wakeCodes.message);
  }

  constructed(element: ElementRecord): void {
    this.end(element);
  }

  // ---- messages ----

  sent(
    event: number,
    { type }: Collection,
    _key: Key,
    entry: EntryMethod,
    options: SendOptions | undefined,
    bytes: number,
  ): void {
    if (!this.isOn) return;
    const time = bytes === 0 ? this.#sendTime() : this.#packed(bytes);
    const priority = options === undefined ? 0 : priorityOf(options);
    this.#log.send(time, this.#layout.entryOf(type, entry.id), none, event, bytes, priority);
  }

  /** See the protocol above. */
  #sendTime(): number {
    if (this.#isVirtual || !this.#isExecuting) return this.#read();
    if (this.#isLong[this.#entry] === 0 || --this.#sendsUntilRead > 0) return this.#last;
    const before = this.#last;
    const time = this.#read();
    const gap = time - before;
    if (gap < sendGapNs / 2 && this.#sendsPerRead < sendsPerReadMax) this.#sendsPerRead *= 2;
    else if (gap > sendGapNs && this.#sendsPerRead > 1) this.#sendsPerRead >>= 1;
    this.#sendsUntilRead = this.#sendsPerRead;
    return time;
  }

  packing(): void {
    if (this.isOn) this.#packingAt = this.#read();
  }

  #packed(bytes: number): number {
    const begin = this.#packingAt;
    if (bytes >= packBytesMin) this.#recorder.span('pack', begin, this.#read(), none, none, none, bytes);
    return begin;
  }

  broadcast(event: number, { type }: Collection, entry: EntryMethod, options: SendOptions | undefined): void {
    if (!this.isOn) return;
    const priority = options === undefined ? 0 : priorityOf(options);
    this.#log.broadcast(this.#read(), this.#layout.entryOf(type, entry.id), event, priority, this.#pes);
  }

  /** To which PEs it goes, the root of the section knows. */
  multicast(event: number, { type }: Collection, entry: EntryMethod, options: SendOptions | undefined): void {
    if (!this.isOn) return;
    const priority = options === undefined ? 0 : priorityOf(options);
    this.#log.multicast(this.#read(), this.#layout.entryOf(type, entry.id), event, 0, priority, []);
  }

  replied(event: number, to: number, bytes: number): void {
    if (!this.isOn) return;
    const time = bytes === 0 ? this.#sendTime() : this.#read();
    this.#log.send(time, this.#layout.reply, to, event, bytes, 0);
  }

  unpacking(bytes: number): void {
    this.#unpackingAt = this.isOn && bytes >= packBytesMin ? this.#read() : 0;
  }

  queued(_element: ElementRecord, source: number, event: number): void {
    if (this.isOn) this.#arrived(source, event);
  }

  broadcastQueued(_collection: Collection, source: number, event: number): void {
    if (this.isOn) this.#arrived(source, event);
  }

  #arrived(source: number, event: number): void {
    const time = this.#read();
    this.#isChained = !this.#isVirtual;
    this.#wake(time);
    if (this.#unpackingAt !== 0) {
      this.#recorder.span('unpack', this.#unpackingAt, time, none, none, source, Number.NaN);
      this.#unpackingAt = 0;
    }
    if (event !== 0) this.#log.arrival(time, source, event);
  }

  passedOn(): void {}

  // ---- elements ----

  #define(element: ElementRecord): number {
    const { collection, key } = element;
    const { type, shape } = collection;
    const index = shape.isArray || shape.isGroup ? element.index() : [];
    const coordinates = typeof index === 'number' ? [index] : index;
    const isWhole =
      Array.isArray(coordinates) && coordinates.every((x) => Number.isInteger(x) && Math.abs(x) < 2 ** 31);
    if (isWhole && shape.isArray) this.#setDimensions(type.id, coordinates.length);
    element.watchNumber = this.#recorder.defineElement(
      type.id,
      isWhole ? (coordinates as number[]) : collection.space.describe(key),
    );
    return element.watchNumber;
  }

  #setDimensions(collection: number, dimensions: number): void {
    if ((this.#dimensionsOf.get(collection) ?? -1) >= dimensions) return;
    this.#dimensionsOf.set(collection, dimensions);
    this.#recorder.define({ kind: 'dimensions', id: collection, dimensions });
  }

  died(_element: ElementRecord): void {}

  leaving(): void {
    if (this.isOn) this.#movingAt = this.#read();
  }

  left(element: ElementRecord, to: number, bytes: number): void {
    this.#moved('migrateOut', element, to, bytes);
  }

  arriving(): void {
    if (this.isOn) this.#movingAt = this.#read();
  }

  arrived(element: ElementRecord, from: number, bytes: number): void {
    this.#moved('migrateIn', element, from, bytes);
  }

  #moved(kind: 'migrateOut' | 'migrateIn', element: ElementRecord, peer: number, bytes: number): void {
    if (!this.isOn) return;
    const number = element.watchNumber === -1 ? this.#define(element) : element.watchNumber;
    const time = this.#read();
    this.#wake(time);
    this.#recorder.span(kind, Math.min(this.#movingAt, time), time, none, number, peer, bytes);
  }

  // ---- collectives ----

  contributed({ collection }: ElementRecord, number: number): void {
    if (!this.isOn || collection.root !== this.#pe) return;
    const key = `${collection.id}:${number}`;
    if (!this.#reductions.has(key)) this.#reductions.set(key, this.#read());
  }

  reduced({ id }: Collection, number: number, contributions: number): void {
    const key = `${id}:${number}`;
    const begin = this.#reductions.get(key);
    this.#reductions.delete(key);
    if (!this.isOn) return;
    const end = this.#read();
    this.#recorder.span('reduction', begin ?? end, end, number, none, none, contributions);
  }

  quiescence(): void {
    if (!this.isOn) return;
    const time = this.#read();
    this.#recorder.span('quiescence', time, time, none, none, none, Number.NaN);
  }

  /** On PE 0: for all PEs, whose numbers stand beside their loads. */
  balanced(report: LbStepReport): void {
    if (this.isOn) recordLbStep(this.#recorder, this.#read(), report);
  }

  // ---- what the program tells ----

  turn(isOn: boolean): void {
    if (isOn === this.isOn) return;
    const time = this.#read();
    if (!isOn) {
      if (this.#isExecuting) this.#log.end(time);
      if (this.#isIdle) this.#log.wake(time);
      this.#isExecuting = false;
      this.#isIdle = false;
      this.#isResumed = false;
      this.#outers.length = 0;
    }
    this.#recorder.point(isOn ? 'traceOn' : 'traceOff', time, none, Number.NaN);
    this.isOn = isOn;
    this.#isChained = false;
    // The rest of the entry method that has turned it on.
    if (isOn && this.#unseen !== undefined) {
      const { element, entry, source, event } = this.#unseen;
      this.#start(this.#rowOf(element, entry), element, source, event, wakeCodes.message);
    }
    this.#unseen = undefined;
  }

  userEvent(name: string): void {
    if (this.isOn) this.#user.event(this.#read(), name);
  }

  bracketBegin(name: string, nested: number): void {
    if (this.isOn) this.#user.bracketBegin(this.#read(), name, nested);
  }

  bracketEnd(name: string, nested: number): void {
    if (this.isOn) this.#user.bracketEnd(this.#read(), name, nested);
  }

  note(text: string): void {
    if (this.isOn) this.#user.note(this.#read(), text);
  }

  statistic(name: string, value: number, at: number): void {
    if (this.isOn) this.#user.statistic(this.#read(), name, value, at);
  }

  userValue(value: number): void {
    if (this.isOn) this.#user.value(this.#read(), value);
  }
}
