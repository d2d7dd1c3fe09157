/**
 * Writes the `.log` of a PE, version 11.
 *
 * The spine of a log are executions with their sends, and idle time: these follow each other and never overlap, in the
 * order of their begins, then of their ends (whole microseconds make many alike). Everything else is put between the
 * lines of the spine by its time: at the same time behind what begins, and before what ends.
 *
 * What a log has no place for is lost: nanoseconds, priorities, how an execution was woken, elements of sends.
 */

import { sendKindCodes } from '../../model/recorder.ts';
import { none, pointKinds, spanKinds } from '../../model/schema.ts';
import type { CollectionInfo, ElementTable, PeTrace, TraceInfo } from '../../model/trace.ts';
import { decimal, LineWriter } from './line-writer.ts';
import type { ForeignNames } from './names.ts';
import { recordTypes as t } from './record-types.ts';
import { oneLine } from './sts-writer.ts';

const usOf = (ns: number): number => Math.floor(ns / 1000);
/** Kinds of messages in Charm++, of which viewers make no use. */
const toArray = 21;
const toOther = 5;

/** The text of a log, piece by piece. */
export function* logText(pe: PeTrace, info: TraceInfo, elements: ElementTable, names: ForeignNames): Generator<Buffer> {
  yield* new PeLog(pe, info, elements, names).pieces();
}

class PeLog {
  readonly #pe: PeTrace;
  readonly #elements: ElementTable;
  readonly #names: ForeignNames;
  readonly #out = new LineWriter();
  readonly #between: Between;
  readonly #entryIds: Int32Array;
  readonly #collections: readonly (CollectionInfo | undefined)[];

  constructor(pe: PeTrace, info: TraceInfo, elements: ElementTable, names: ForeignNames) {
    this.#pe = pe;
    this.#elements = elements;
    this.#names = names;
    this.#between = betweenOf(pe);
    this.#entryIds = Int32Array.from(info.entries, (entry) => entry.id);
    this.#collections = info.entries.map((entry) => info.collections[entry.collection]);
  }

  *pieces(): Generator<Buffer> {
    const { executions, sends, idles, begin, end } = this.#pe;
    const executionRows = executions.begin.length;
    const idleRows = idles.begin.length;
    let execution = 0;
    let idle = 0;
    let send = 0;
    yield Buffer.from(`PROJECTIONS-RECORD ${executionRows * 2 + sends.time.length + idleRows * 2}\n`);
    this.#line(t.beginComputation, begin);
    while (execution < executionRows || idle < idleRows || send < sends.time.length) {
      if (this.#out.isFull) yield this.#out.take();
      const isLoose = send < (executions.firstSend[execution] ?? Number.POSITIVE_INFINITY) && send < sends.time.length;
      const next = isLoose ? sends.time[send]! : (executions.begin[execution] ?? Number.POSITIVE_INFINITY);
      const nextEnd = isLoose ? next : executions.end[execution]!;
      if (idle < idleRows && isBefore(idles.begin[idle]!, idles.end[idle]!, next, nextEnd)) this.#idle(idle++);
      else if (isLoose) this.#send(send++);
      else {
        this.#beginExecution(execution);
        for (const last = send + executions.sends[execution]!; send < last; send++) {
          if (this.#out.isFull) yield this.#out.take();
          this.#send(send);
        }
        this.#endExecution(execution++);
      }
    }
    this.#until(Number.POSITIVE_INFINITY);
    this.#out.begin(t.endComputation).add(usOf(end)).end();
    yield this.#out.take();
  }

  #line(type: number, time: number): void {
    this.#out.begin(type).add(usOf(time)).end();
  }

  #idle(row: number): void {
    const { idles, pe } = this.#pe;
    this.#before(idles.begin[row]!);
    this.#out.begin(t.beginIdle).add(usOf(idles.begin[row]!)).add(pe).end();
    this.#until(idles.end[row]!);
    this.#out.begin(t.endIdle).add(usOf(idles.end[row]!)).add(pe).end();
  }

  #beginExecution(row: number): void {
    const { executions, pe } = this.#pe;
    this.#before(executions.begin[row]!);
    const entry = executions.entry[row]!;
    const source = executions.source[row]!;
    const enqueued = executions.enqueued[row]!;
    const out = this.#out;
    out.begin(t.beginProcessing).add(this.#mtype(entry)).add(this.#entryId(entry)).add(usOf(executions.begin[row]!));
    out
      .add(executions.message[row]!)
      .add(source === none ? pe : source)
      .add(executions.bytes[row]!);
    out.add(Number.isNaN(enqueued) ? 0 : usOf(enqueued));
    this.#index(entry, executions.element[row]!);
    out.add(0).end();
  }

  #endExecution(row: number): void {
    const { executions, pe, isOpenAtEnd } = this.#pe;
    if (isOpenAtEnd && row === executions.begin.length - 1) return;
    this.#until(executions.end[row]!);
    const source = executions.source[row]!;
    this.#out.begin(t.endProcessing).add(0).add(this.#entryId(executions.entry[row]!)).add(usOf(executions.end[row]!));
    this.#out
      .add(executions.message[row]!)
      .add(source === none ? pe : source)
      .add(0)
      .add(0)
      .end();
  }

  /** As many numbers as the array has dimensions; four for everything else. */
  #index(entry: number, element: number): void {
    const dimensions = this.#collections[entry]?.dimensions ?? none;
    const count = dimensions >= 1 ? dimensions : 4;
    const { x0, x1, x2, x3, x4, x5 } = this.#elements;
    const own = element === none ? 0 : this.#elements.dimensions[element]!;
    // An index that is no list of integers appears as the number of the element.
    const isOther = element !== none && dimensions >= 1 && own !== dimensions;
    if (isOther) this.#out.add(element);
    const coordinates = [x0, x1, x2, x3, x4, x5];
    for (let d = isOther ? 1 : 0; d < count; d++) this.#out.add(d < own && !isOther ? coordinates[d]![element]! : 0);
  }

  #send(row: number): void {
    const { sends, destinations, pe } = this.#pe;
    this.#before(sends.time[row]!);
    const out = this.#out;
    const kind = sends.kind[row]!;
    const entry = sends.entry[row]!;
    out.begin(
      kind === sendKindCodes.one
        ? t.creation
        : kind === sendKindCodes.broadcast
          ? t.creationBroadcast
          : t.creationMulticast,
    );
    out.add(this.#mtype(entry)).add(this.#entryId(entry)).add(usOf(sends.time[row]!)).add(sends.message[row]!);
    out
      .add(pe)
      .add(sends.bytes[row]!)
      .add(sends.duration[row]! / 1000);
    if (kind !== sendKindCodes.one) out.add(sends.receivers[row]!);
    if (kind === sendKindCodes.multicast) {
      const first = sends.to[row]!;
      for (const receiver of destinations.pe.subarray(first, first + sends.receivers[row]!))
        out.reserve().add(receiver);
    }
    out.end();
  }

  #mtype(entry: number): number {
    return (this.#collections[entry]?.dimensions ?? none) >= 1 ? toArray : toOther;
  }

  /** An entry method that is not known gets the first number: a log has no word for it. */
  #entryId(entry: number): number {
    return this.#entryIds[Math.max(entry, 0)] ?? 0;
  }

  /** Writes what lies before a time, not at it. */
  #before(time: number): void {
    const { times } = this.#between;
    while (times[this.#between.next]! < time) this.#writeBetween(this.#between.next++);
  }

  /** Writes what lies before a time or at it. */
  #until(time: number): void {
    const { times } = this.#between;
    while (times[this.#between.next]! <= time) this.#writeBetween(this.#between.next++);
  }

  #writeBetween(i: number): void {
    const row = this.#between.rows[i]!;
    const kind = this.#between.kinds[i]!;
    if (kind === pointLine) this.#point(row);
    else this.#span(row, kind);
  }

  #span(row: number, line: number): void {
    const { spans, texts, pe } = this.#pe;
    const begin = spans.begin[row]!;
    const end = spans.end[row]!;
    const kind = spanKinds[spans.kind[row]!]!;
    const pair = pairTypes[kind];
    if (pair !== undefined) {
      const numbers = pair === interrupt ? [0, pe] : [pe];
      if (line !== endLine) this.#record(pair[0], usOf(begin), ...numbers);
      if (line !== beginLine) this.#record(pair[1], usOf(end), ...numbers);
    } else if (kind === 'note') {
      const text = oneLine(texts[spans.value[row]!] ?? '');
      this.#out
        .begin(t.bracketedNote)
        .add(usOf(begin))
        .add(usOf(end))
        .add(spans.id[row]!)
        .add(text.length)
        .text(text)
        .end();
    } else {
      const foreign = this.#names.eventOf.get(spans.kind[row]!);
      const id = foreign?.id ?? spans.id[row]!;
      const nested = foreign === undefined ? spans.peer[row]! : 0;
      this.#record(t.userEventPair, id, usOf(begin), row, pe, nested);
      this.#record(t.userEventPair, id, usOf(end), row, pe, nested);
    }
  }

  #point(row: number): void {
    const { points, texts, pe } = this.#pe;
    const us = usOf(points.time[row]!);
    const id = points.id[row]!;
    const value = points.value[row]!;
    switch (pointKinds[points.kind[row]!]) {
      case 'userEvent':
        return this.#record(t.userEvent, id, us, 0, pe);
      case 'userValue':
        return this.#record(t.userSupplied, value, us);
      case 'memory':
        return this.#record(t.memoryUsage, value, us);
      case 'phase':
        return this.#record(t.endPhase, id, us);
      case 'traceOn':
        return this.#record(t.beginTrace, us);
      case 'traceOff':
        return this.#record(t.endTrace, us);
      case 'note': {
        const text = oneLine(texts[value] ?? '');
        return this.#out.begin(t.note).add(us).add(text.length).text(text).end();
      }
      default: {
        const stat = this.#names.statOf.get(points.kind[row]!)?.id ?? id;
        const extra = points.extra[row]!;
        const userTime = Number.isNaN(extra) ? '-1' : decimal(extra);
        return this.#out.begin(t.userStat).add(us).text(userTime).text(decimal(value)).add(pe).add(stat).end();
      }
    }
  }

  #record(type: number, ...numbers: readonly number[]): void {
    this.#out.begin(type);
    for (const number of numbers) this.#out.add(number);
    this.#out.end();
  }
}

const interrupt: readonly [number, number] = [t.beginInterrupt, t.endInterrupt];
/** Kinds of spans that have records for their begin and their end. */
const pairTypes: Readonly<Record<string, readonly [number, number]>> = {
  pack: [t.beginPack, t.endPack],
  unpack: [t.beginUnpack, t.endUnpack],
  flush: interrupt,
};

function isBefore(begin: number, end: number, otherBegin: number, otherEnd: number): boolean {
  return begin < otherBegin || (begin === otherBegin && end < otherEnd);
}

/** What an entry of `Between` writes: a point, both ends of a span, or one of them. */
const pointLine = 0;
const wholeLine = 1;
const beginLine = 2;
const endLine = 3;

/** Lines that are put between those of the spine, in their order. */
interface Between {
  readonly times: Float64Array;
  readonly rows: Int32Array;
  readonly kinds: Uint8Array;
  next: number;
}

/** At the same time: first what ends, then what has no length, then what begins, then points. */
const rankOf = [3, 1, 2, 0];

function betweenOf({ spans, points }: PeTrace): Between {
  const lines: [time: number, kind: number, row: number][] = [];
  for (let row = 0; row < spans.begin.length; row++) {
    const begin = spans.begin[row]!;
    const end = spans.end[row]!;
    const isPair = pairTypes[spanKinds[spans.kind[row]!]!] !== undefined;
    if (!isPair || begin === end) lines.push([end, wholeLine, row]);
    else lines.push([begin, beginLine, row], [end, endLine, row]);
  }
  for (let row = 0; row < points.time.length; row++) lines.push([points.time[row]!, pointLine, row]);
  lines.sort((a, b) => a[0] - b[0] || rankOf[a[1]]! - rankOf[b[1]]! || a[2] - b[2]);
  return {
    times: Float64Array.from(lines, (line) => line[0]),
    kinds: Uint8Array.from(lines, (line) => line[1]),
    rows: Int32Array.from(lines, (line) => line[2]),
    next: 0,
  };
}
