/**
 * Records what a PE does, row by row, into preallocated columns. The one way into a trace: the runtime records through
 * it, and so do the readers of files.
 *
 *  1. A row is written into the current columns of its table. Nothing is allocated.
 *  2. Full columns go to the sink, which gives others to go on with: a file writes them in the background, memory keeps
 *     them.
 *  3. `flush` hands out what there is, full or not; `finish` also closes what is open and says when the PE ended.
 *
 * Invariants: times come in and never fall, except in spans, which are recorded when they end. Executions do not nest:
 * beginning one ends the one before; so does idling. The counts of sends in executions are over the PE's whole life.
 * An execution goes to the sink when it has ended; one that is still open when the PE finishes goes with `end` NaN.
 */
import { type Columns, newColumns, rowsOf, slice } from './columns.ts';
import type { LbReport } from './lb-report.ts';
import {
  codeOf,
  none,
  type PointKind,
  pointKinds,
  type Schemas,
  type SpanKind,
  schemas,
  sendKinds,
  spanKinds,
  type TableName,
  wakes,
} from './schema.ts';

/** A name that became known while the PE ran. Numbers of events and statistics are the PE's own. */
export type NameDefinition =
  | { readonly kind: 'event'; readonly id: number; readonly name: string }
  | { readonly kind: 'stat'; readonly id: number; readonly name: string }
  /** That many dimensions has the collection with row `id`. */
  | { readonly kind: 'dimensions'; readonly id: number; readonly dimensions: number };

/** Where the rows of one PE go. */
export interface ChunkSink {
  /** Takes the first `rows` rows, and returns columns of the same length to go on with: the same ones if it copied them. */
  take<K extends TableName>(table: K, columns: Columns<Schemas[K]>, rows: number): Columns<Schemas[K]>;
  takeTexts(texts: readonly string[]): void;
  takeNames(names: readonly NameDefinition[]): void;
  /** Nothing comes after this. */
  finish(begin: number, end: number): void;
}

export interface RecorderOptions {
  readonly sink: ChunkSink;
  /** When the PE began, nanoseconds. */
  readonly begin: number;
  /** Rows of a chunk of executions, sends, idles, arrivals; others have a quarter. Memory is about 250 B times this. */
  readonly chunkRows?: number;
}

export const wakeCodes = kindCodes(wakes);
export const sendKindCodes = kindCodes(sendKinds);
export const spanKindCodes = kindCodes(spanKinds);
export const pointKindCodes = kindCodes(pointKinds);

function kindCodes<K extends string>(kinds: readonly K[]): Readonly<Record<K, number>> {
  return Object.fromEntries(kinds.map((kind, code) => [kind, code])) as Record<K, number>;
}

/** The rows of a table that have not gone to the sink yet. */
class OpenTable<K extends TableName> {
  columns: Columns<Schemas[K]>;
  count = 0;
  readonly capacity: number;
  readonly #table: K;
  readonly #sink: ChunkSink;

  constructor(table: K, capacity: number, sink: ChunkSink) {
    this.#table = table;
    this.#sink = sink;
    this.capacity = capacity;
    this.columns = newColumns(schemas[table] as Schemas[K], capacity);
  }

  /** A row to fill. */
  next(): number {
    if (this.count === this.capacity) this.flush();
    return this.count++;
  }

  flush(): void {
    if (this.count === 0) return;
    this.columns = this.#sink.take(this.#table, this.columns, this.count);
    this.count = 0;
  }
}

interface OpenBracket {
  readonly begin: number;
  readonly id: number;
  readonly nested: number;
}

export class Recorder {
  readonly #sink: ChunkSink;
  readonly #begin: number;
  readonly #executions: OpenTable<'executions'>;
  readonly #sends: OpenTable<'sends'>;
  readonly #idles: OpenTable<'idles'>;
  readonly #spans: OpenTable<'spans'>;
  readonly #points: OpenTable<'points'>;
  readonly #destinations: OpenTable<'destinations'>;
  readonly #elements: OpenTable<'elements'>;
  readonly #arrivals: OpenTable<'arrivals'>;
  /** Sends and destinations of the PE's whole life. */
  #sendCount = 0;
  #destinationCount = 0;
  #elementCount = 0;
  /** Row of the open execution in the current columns, or none. */
  #open = none;
  #idleBegin = Number.NaN;
  readonly #brackets: OpenBracket[] = [];
  #texts: string[] = [];
  #textCount = 0;
  #names: NameDefinition[] = [];

  constructor({ sink, begin, chunkRows = 4096 }: RecorderOptions) {
    this.#sink = sink;
    this.#begin = begin;
    const fewRows = Math.max(1, chunkRows >>> 2);
    this.#executions = new OpenTable('executions', chunkRows, sink);
    this.#sends = new OpenTable('sends', chunkRows, sink);
    this.#idles = new OpenTable('idles', chunkRows, sink);
    this.#spans = new OpenTable('spans', fewRows, sink);
    this.#points = new OpenTable('points', fewRows, sink);
    this.#destinations = new OpenTable('destinations', fewRows, sink);
    this.#elements = new OpenTable('elements', fewRows, sink);
    this.#arrivals = new OpenTable('arrivals', chunkRows, sink);
  }

  /** Ends the open execution, if there is one. `source` and `message` name the message; `enqueued` may be NaN. */
  beginExecution(
    time: number,
    entry: number,
    element: number,
    source: number,
    message: number,
    bytes: number,
    priority: number,
    enqueued: number,
    wake: number,
  ): void {
    if (this.#open !== none) this.endExecution(time);
    const table = this.#executions;
    const row = table.next();
    const columns = table.columns;
    columns.begin[row] = time;
    columns.end[row] = Number.NaN;
    columns.enqueued[row] = enqueued;
    columns.entry[row] = entry;
    columns.element[row] = element;
    columns.source[row] = source;
    columns.message[row] = message;
    columns.bytes[row] = bytes;
    columns.priority[row] = priority;
    columns.firstSend[row] = this.#sendCount;
    columns.wake[row] = wake;
    this.#open = row;
  }

  /** Nothing happens if none is open. */
  endExecution(time: number): void {
    const row = this.#open;
    if (row === none) return;
    const columns = this.#executions.columns;
    columns.end[row] = time;
    columns.sends[row] = this.#sendCount - columns.firstSend[row]!;
    this.#open = none;
  }

  get isExecuting(): boolean {
    return this.#open !== none;
  }

  /** A send to one element. `to` may be none if its PE is not known. */
  send(
    time: number,
    entry: number,
    element: number,
    to: number,
    message: number,
    bytes: number,
    priority: number,
  ): void {
    this.#send(time, 0, entry, element, to, message, bytes, priority, 1, 0);
  }

  /** As `send`, with everything there is; `duration` is the time that the call took. */
  sendTimed(
    time: number,
    duration: number,
    entry: number,
    element: number,
    to: number,
    message: number,
    bytes: number,
    priority: number,
  ): void {
    this.#send(time, duration, entry, element, to, message, bytes, priority, 1, 0);
  }

  /** To all `receivers` PEs (or nodes). They share the message number. */
  broadcast(
    time: number,
    duration: number,
    entry: number,
    message: number,
    bytes: number,
    priority: number,
    receivers: number,
  ): void {
    const kind = sendKindCodes.broadcast;
    this.#send(time, duration, entry, none, none, message, bytes, priority, receivers, kind);
  }

  multicast(
    time: number,
    duration: number,
    entry: number,
    message: number,
    bytes: number,
    priority: number,
    pes: readonly number[],
  ): void {
    const first = this.#destinationCount;
    for (const pe of pes) {
      // Before the columns are taken: a row may bring new ones.
      const row = this.#destinations.next();
      this.#destinations.columns.pe[row] = pe;
    }
    this.#destinationCount += pes.length;
    const kind = sendKindCodes.multicast;
    this.#send(time, duration, entry, none, first, message, bytes, priority, pes.length, kind);
  }

  #send(
    time: number,
    duration: number,
    entry: number,
    element: number,
    to: number,
    message: number,
    bytes: number,
    priority: number,
    receivers: number,
    kind: number,
  ): void {
    const table = this.#sends;
    const row = table.next();
    const columns = table.columns;
    columns.time[row] = time;
    columns.duration[row] = duration;
    columns.entry[row] = entry;
    columns.element[row] = element;
    columns.to[row] = to;
    columns.message[row] = message;
    columns.bytes[row] = bytes;
    columns.priority[row] = priority;
    columns.receivers[row] = receivers;
    columns.kind[row] = kind;
    this.#sendCount++;
  }

  /** Ends the open execution, if there is one: a PE does not idle inside an entry method. */
  beginIdle(time: number): void {
    if (this.#open !== none) this.endExecution(time);
    this.endIdle(time);
    this.#idleBegin = time;
  }

  endIdle(time: number): void {
    if (Number.isNaN(this.#idleBegin)) return;
    const row = this.#idles.next();
    this.#idles.columns.begin[row] = this.#idleBegin;
    this.#idles.columns.end[row] = time;
    this.#idleBegin = Number.NaN;
  }

  /** Something that has just ended. What `id`, `element`, `peer` and `value` mean depends on the kind: see schema.ts. */
  span(kind: SpanKind, begin: number, end: number, id: number, element: number, peer: number, value: number): void {
    const row = this.#spans.next();
    const columns = this.#spans.columns;
    columns.begin[row] = begin;
    columns.end[row] = end;
    columns.value[row] = value;
    columns.id[row] = id;
    columns.element[row] = element;
    columns.peer[row] = peer;
    columns.kind[row] = codeOf(spanKinds, kind);
  }

  /** A user event that has a length. Brackets may overlap; `nested` tells those of the same id apart. */
  beginBracket(time: number, id: number, nested = 0): void {
    this.#brackets.push({ begin: time, id, nested });
  }

  /** Ends the bracket of that name that was begun last. @returns whether there was one. */
  endBracket(time: number, id: number, nested = 0): boolean {
    const at = this.#brackets.findLastIndex((bracket) => bracket.id === id && bracket.nested === nested);
    const [bracket] = at < 0 ? [] : this.#brackets.splice(at, 1);
    if (bracket !== undefined) this.span('user', bracket.begin, time, id, none, nested, Number.NaN);
    return bracket !== undefined;
  }

  point(kind: PointKind, time: number, id: number, value: number, extra: number = Number.NaN): void {
    const row = this.#points.next();
    const columns = this.#points.columns;
    columns.time[row] = time;
    columns.value[row] = value;
    columns.extra[row] = extra;
    columns.id[row] = id;
    columns.kind[row] = codeOf(pointKinds, kind);
  }

  note(time: number, text: string): void {
    this.point('note', time, none, this.#text(text));
  }

  /** What a balancer tells of step `step`. */
  lbReport(time: number, step: number, report: LbReport): void {
    this.point('lbReport', time, step, this.#text(JSON.stringify(report)));
  }

  bracketedNote(begin: number, end: number, id: number, text: string): void {
    this.span('note', begin, end, id, none, none, this.#text(text));
  }

  /** A new element of this PE. @returns its number, for executions and sends. */
  defineElement(collection: number, index: readonly number[] | string): number {
    const row = this.#elements.next();
    const columns = this.#elements.columns;
    const coordinates = typeof index === 'string' ? [] : index;
    columns.collection[row] = collection;
    columns.dimensions[row] = coordinates.length;
    columns.x0[row] = coordinates[0] ?? 0;
    columns.x1[row] = coordinates[1] ?? 0;
    columns.x2[row] = coordinates[2] ?? 0;
    columns.x3[row] = coordinates[3] ?? 0;
    columns.x4[row] = coordinates[4] ?? 0;
    columns.x5[row] = coordinates[5] ?? 0;
    columns.text[row] = typeof index === 'string' ? this.#text(index) : none;
    return this.#elementCount++;
  }

  /** A message has come into the queue: see schema.ts. */
  arrival(time: number, source: number, message: number): void {
    const table = this.#arrivals;
    const row = table.next();
    const { columns } = table;
    columns.time[row] = time;
    columns.source[row] = source;
    columns.message[row] = message;
  }

  define(name: NameDefinition): void {
    this.#names.push(name);
  }

  #text(text: string): number {
    this.#texts.push(text);
    return this.#textCount++;
  }

  /** Hands everything that has ended to the sink. An open execution stays. */
  flush(): void {
    if (this.#texts.length > 0) this.#sink.takeTexts(this.#texts);
    this.#texts = [];
    if (this.#names.length > 0) this.#sink.takeNames(this.#names);
    this.#names = [];
    for (const table of this.#tables()) table.flush();
    this.#flushExecutions();
  }

  /** The open execution's row moves to the start of the next columns. */
  #flushExecutions(): void {
    const table = this.#executions;
    if (this.#open === none) return table.flush();
    const open = slice(table.columns, this.#open, this.#open + 1);
    const kept = newColumns(schemas.executions, 1);
    for (const name in kept) kept[name as keyof typeof kept].set(open[name as keyof typeof open]);
    table.count--;
    table.flush();
    for (const name in kept) table.columns[name as keyof typeof kept].set(kept[name as keyof typeof kept], 0);
    table.count = 1;
    this.#open = 0;
  }

  /** Closes idle time and brackets. An execution that is still open is kept with `end` NaN: it never ended. */
  finish(time: number): void {
    this.endIdle(time);
    for (const { id, nested } of [...this.#brackets]) this.endBracket(time, id, nested);
    if (this.#open !== none) {
      const columns = this.#executions.columns;
      columns.sends[this.#open] = this.#sendCount - columns.firstSend[this.#open]!;
      this.#open = none;
    }
    this.flush();
    this.#sink.finish(this.#begin, time);
  }

  #tables(): readonly { flush(): void }[] {
    return [this.#elements, this.#destinations, this.#sends, this.#idles, this.#spans, this.#points, this.#arrivals];
  }
}

/** Rows that have been taken, in memory. */
export class MemorySink implements ChunkSink {
  readonly chunks: { [K in TableName]: Columns<Schemas[K]>[] } = {
    executions: [],
    sends: [],
    idles: [],
    spans: [],
    points: [],
    destinations: [],
    elements: [],
    arrivals: [],
  };
  readonly texts: string[] = [];
  readonly names: NameDefinition[] = [];
  begin = 0;
  end = 0;
  isFinished = false;

  take<K extends TableName>(table: K, columns: Columns<Schemas[K]>, rows: number): Columns<Schemas[K]> {
    const chunks: Columns<Schemas[K]>[] = this.chunks[table];
    chunks.push(slice(columns, 0, rows));
    return newColumns(schemas[table] as Schemas[K], rowsOf(columns));
  }

  takeTexts(texts: readonly string[]): void {
    this.texts.push(...texts);
  }

  takeNames(names: readonly NameDefinition[]): void {
    this.names.push(...names);
  }

  finish(begin: number, end: number): void {
    this.begin = begin;
    this.end = end;
    this.isFinished = true;
  }
}
