/**
 * Turns the records of one `.log` into the rows of a PE.
 *
 * What the logs leave open, and how it is read:
 *  - Times are whole microseconds.
 *  - An execution that begins while another is open ends that one, as in the original viewer. So does idle time.
 *  - What is open at the end stays open: executions end with the PE, idle time is dropped as nobody knows its length.
 *  - Destinations of sends are not in the logs. `links.ts` finds them from the receivers.
 *  - Numbers of elements: as many as their array has dimensions (since 9), four before that and for everything that is
 *    no array. All zeros there means: no index.
 */
import type { ProblemList } from '../../errors.ts';
import type { ElementInterner } from '../../model/elements.ts';
import { MemorySink, Recorder, wakeCodes } from '../../model/recorder.ts';
import { none } from '../../model/schema.ts';
import type { LogRecord } from './log-scanner.ts';
import { recordTypes, recordTypesMax } from './record-types.ts';
import type { Sts } from './sts.ts';

const t = recordTypes;
const nsPerUs = 1000;

interface OpenPair {
  readonly begin: number;
  readonly id: number;
  readonly event: number;
  readonly nested: number;
}

export class LogReader {
  readonly sink: MemorySink = new MemorySink();
  /** Records by type, also those of types that are not known. */
  readonly types: Uint32Array = new Uint32Array(recordTypesMax);
  readonly #file: string;
  readonly #sts: Sts;
  readonly #elements: ElementInterner;
  readonly #problems: ProblemList;
  readonly #dimensions: Int8Array;
  readonly #collections: Int32Array;
  readonly #coordinates = new Int32Array(6);
  #recorder: Recorder | undefined;
  #records = 0;
  #last = 0;
  #packBegin = Number.NaN;
  #unpackBegin = Number.NaN;
  #flushBegin = Number.NaN;
  readonly #pairs: OpenPair[] = [];
  #hasEnd = false;
  #hasUnknownEntry = false;

  constructor(file: string, sts: Sts, elements: ElementInterner, problems: ProblemList) {
    this.#file = file;
    this.#sts = sts;
    this.#elements = elements;
    this.#problems = problems;
    const { entries, collections } = sts.info;
    this.#collections = Int32Array.from(entries, (entry) => entry.collection);
    this.#dimensions = Int8Array.from(entries, (entry) => collections[entry.collection]?.dimensions ?? -1);
  }

  get records(): number {
    return this.#records;
  }

  /** One record. @returns false when the log says that it is at its end. */
  read(record: LogRecord): boolean {
    const { type, fields } = record;
    const needed = fieldsNeeded[type] ?? 0;
    if (record.count < needed) {
      const problem = `a record of type ${type} has ${needed} numbers at least, this has ${record.count}`;
      this.#problems.add({ file: this.#file, line: record.line, problem });
      return true;
    }
    fields.fill(0, record.count, placesMax);
    this.types[type]!++;
    this.#records++;
    this.#record(type, fields, record);
    return type !== t.endComputation;
  }

  finish(): MemorySink {
    const recorder = this.#recorderAt(this.#last);
    if (!this.#hasEnd)
      this.#problems.add({ file: this.#file, problem: 'has no END_COMPUTATION: the run crashed, or the file is cut' });
    recorder.finish(this.#last);
    return this.sink;
  }

  #recorderAt(time: number): Recorder {
    this.#recorder ??= new Recorder({ sink: this.sink, begin: time, chunkRows: 8192 });
    return this.#recorder;
  }

  #record(type: number, f: Float64Array, record: LogRecord): void {
    const place = timeField[type] ?? none;
    if (place === none) return;
    const time = f[place]! * nsPerUs;
    const recorder = this.#recorderAt(time);
    if (time > this.#last) this.#last = time;
    switch (type) {
      case t.creation:
        return recorder.sendTimed(time, this.#sendDuration(f), this.#entry(f[1]!), none, none, f[3]!, f[5]!, 0);
      case t.beginProcessing:
        return this.#begin(recorder, time, f);
      case t.endProcessing:
        return recorder.endExecution(time);
      case t.beginIdle:
        return recorder.beginIdle(time);
      case t.endIdle:
        return recorder.endIdle(time);
      case t.creationBroadcast:
        return recorder.broadcast(time, this.#sendDuration(f), this.#entry(f[1]!), f[3]!, f[5]!, 0, f[7]!);
      case t.creationMulticast:
        return this.#multicast(recorder, time, f, record);
      case t.beginPack:
        this.#packBegin = time;
        return;
      case t.endPack:
        if (!Number.isNaN(this.#packBegin)) recorder.span('pack', this.#packBegin, time, none, none, none, Number.NaN);
        this.#packBegin = Number.NaN;
        return;
      case t.beginUnpack:
        this.#unpackBegin = time;
        return;
      case t.endUnpack:
        if (!Number.isNaN(this.#unpackBegin))
          recorder.span('unpack', this.#unpackBegin, time, none, none, none, Number.NaN);
        this.#unpackBegin = Number.NaN;
        return;
      case t.beginInterrupt:
        this.#flushBegin = time;
        return;
      case t.endInterrupt:
        if (!Number.isNaN(this.#flushBegin))
          recorder.span('flush', this.#flushBegin, time, none, none, none, Number.NaN);
        this.#flushBegin = Number.NaN;
        return;
      case t.endComputation:
        this.#hasEnd = true;
        return;
      default:
        return this.#userRecord(type, recorder, time, f, record);
    }
  }

  #userRecord(type: number, recorder: Recorder, time: number, f: Float64Array, record: LogRecord): void {
    switch (type) {
      case t.userEvent:
        return recorder.point('userEvent', time, f[0]!, Number.NaN);
      case t.userSupplied:
        return recorder.point('userValue', time, none, f[0]!);
      case t.memoryUsage:
        return recorder.point('memory', time, none, f[0]!);
      case t.note:
        return recorder.note(time, record.text.slice(0, Math.max(0, f[1]!)));
      case t.bracketedNote:
        return recorder.bracketedNote(time, f[1]! * nsPerUs, f[2]!, record.text.slice(0, Math.max(0, f[3]!)));
      case t.endPhase:
        return recorder.point('phase', time, f[0]!, Number.NaN);
      case t.userStat:
        return recorder.point('userStat', time, f[4]!, f[2]!, f[1]! === -1 ? Number.NaN : f[1]!);
      case t.beginUserEventPair:
        return recorder.beginBracket(time, f[0]!, f[4]!);
      case t.endUserEventPair:
        recorder.endBracket(time, f[0]!, f[4]!);
        return;
      case t.userEventPair:
        return this.#pair(recorder, time, f, record);
      case t.beginTrace:
        return recorder.point('traceOn', time, none, Number.NaN);
      case t.endTrace:
        return recorder.point('traceOff', time, none, Number.NaN);
      default:
        return;
    }
  }

  #begin(recorder: Recorder, time: number, f: Float64Array): void {
    const { version } = this.#sts;
    const entry = this.#entry(f[1]!);
    const hasMessage = f[3]! !== none;
    const bytes = version >= 2 ? f[5]! : 0;
    const enqueued = version >= 4 && f[6]! > 0 ? f[6]! * nsPerUs : Number.NaN;
    const source = hasMessage ? f[4]! : none;
    const wake = hasMessage ? wakeCodes.message : wakeCodes.resumed;
    recorder.beginExecution(time, entry, this.#element(entry, f), source, f[3]!, bytes, 0, enqueued, wake);
  }

  #element(entry: number, f: Float64Array): number {
    const { version } = this.#sts;
    if (entry === none || version < 4) return none;
    const dimensions = this.#dimensions[entry]!;
    const isIndexed = version >= 9 && dimensions >= 1;
    const numbers = isIndexed ? dimensions : version >= 7 ? 4 : 3;
    const coordinates = this.#coordinates.fill(0);
    let bits = 0;
    for (let d = 0; d < numbers; d++) {
      coordinates[d] = f[7 + d]!;
      bits |= coordinates[d]!;
    }
    const collection = this.#collections[entry]!;
    return this.#elements.intern(collection, isIndexed || bits !== 0 ? numbers : 0, coordinates);
  }

  /** Charm++ 8 writes the count twice. */
  #multicast(recorder: Recorder, time: number, f: Float64Array, { count }: LogRecord): void {
    const receivers = Math.max(0, Math.min(f[7]!, count - 8));
    const first = count === 8 + receivers + 1 ? 9 : 8;
    const pes = Array.from(f.subarray(first, first + receivers));
    recorder.multicast(time, this.#sendDuration(f), this.#entry(f[1]!), f[3]!, f[5]!, 0, pes);
  }

  #pair(recorder: Recorder, time: number, f: Float64Array, { count }: LogRecord): void {
    const nested = count > 4 ? f[4]! : 0;
    const at = this.#pairs.findLastIndex((pair) => pair.id === f[0] && pair.event === f[2] && pair.nested === nested);
    const [pair] = at < 0 ? [] : this.#pairs.splice(at, 1);
    if (pair === undefined) this.#pairs.push({ begin: time, id: f[0]!, event: f[2]!, nested });
    else recorder.span('user', pair.begin, time, pair.id, none, nested, Number.NaN);
    if (this.#pairs.length > openPairsMax) this.#pairs.shift();
  }

  #sendDuration(f: Float64Array): number {
    return this.#sts.version >= 5 ? f[6]! * nsPerUs : 0;
  }

  #entry(id: number): number {
    const row = this.#sts.rowOfEntry.get(id);
    if (row !== undefined) return row;
    if (!this.#hasUnknownEntry)
      this.#problems.add({ file: this.#file, problem: `entry method ${id} is not in the .sts file` });
    this.#hasUnknownEntry = true;
    return none;
  }
}

/** Pairs stand on two lines in a row; more that are open are broken. */
const openPairsMax = 1000;

/**
 * Of each type: which number is the time, and how many there must be for the record to be read. Numbers that old
 * versions lack are not counted.
 */
const layout: readonly (readonly [type: number, time: number, needed: number])[] = [
  [t.creation, 2, 5],
  [t.beginProcessing, 2, 5],
  [t.endProcessing, 2, 3],
  [t.beginComputation, 0, 1],
  [t.endComputation, 0, 1],
  [t.beginInterrupt, 0, 1],
  [t.endInterrupt, 0, 1],
  [t.beginTrace, 0, 1],
  [t.endTrace, 0, 1],
  [t.userEvent, 1, 2],
  [t.beginIdle, 0, 1],
  [t.endIdle, 0, 1],
  [t.beginPack, 0, 1],
  [t.endPack, 0, 1],
  [t.beginUnpack, 0, 1],
  [t.endUnpack, 0, 1],
  [t.creationBroadcast, 2, 8],
  [t.creationMulticast, 2, 8],
  [t.userSupplied, 1, 2],
  [t.memoryUsage, 1, 2],
  [t.note, 0, 2],
  [t.bracketedNote, 0, 4],
  [t.endPhase, 1, 2],
  [t.userStat, 0, 5],
  [t.beginUserEventPair, 1, 2],
  [t.endUserEventPair, 1, 2],
  [t.userEventPair, 1, 2],
];
const timeField = new Int8Array(recordTypesMax).fill(none);
const fieldsNeeded = new Int8Array(recordTypesMax);
for (const [type, time, needed] of layout) {
  timeField[type] = time;
  fieldsNeeded[type] = needed;
}
/** The most numbers that are read by place. */
const placesMax = 16;
