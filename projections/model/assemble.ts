/**
 * From the chunks of a PE to its tables.
 *
 *  1. Chunks of a table are joined in the order in which they came.
 *  2. What analysis relies on is made true: ascending times, known entries and elements, ends after begins. What had to
 *     be repaired is noted as a problem of the file, once for each kind of repair.
 *  3. An execution that never ended is given the end of the PE.
 */
import type { ProblemList } from '../errors.ts';
import { type Columns, concat, isAscending, pick, rowsOf } from './columns.ts';
import type { MemorySink } from './recorder.ts';
import {
  none,
  pointKinds,
  type Schema,
  type Schemas,
  schemas,
  sendKinds,
  spanKinds,
  type TableName,
  wakes,
} from './schema.ts';
import type { Executions, PeTables, PeTrace, Sends } from './trace.ts';

export interface AssemblyLimits {
  readonly file: string;
  readonly problems: ProblemList;
  /** Rows of the trace's entry table. */
  readonly entries: number;
  /** Rows of the PE's element table. */
  readonly elements: number;
}

export function assemble(pe: number, sink: MemorySink, limits: AssemblyLimits): PeTrace {
  const repair = new Repair(limits);
  const join = <K extends TableName>(table: K): Columns<Schemas[K]> =>
    concat(schemas[table] as Schemas[K], sink.chunks[table]);
  const sends = repair.sends(join('sends'));
  const executions = repair.executions(join('executions'), rowsOf(sends));
  const idles = repair.sorted('idles', join('idles'));
  const spans = repair.sorted('spans', join('spans'));
  const points = repair.points(join('points'));
  repair.kinds('spans', spans.kind, spanKinds.length);
  for (let i = 0; i < spans.element.length; i++) spans.element[i] = repair.element(spans.element[i]!);
  const tables = { executions, sends, idles, spans, points, destinations: join('destinations'), texts: sink.texts };
  const range = rangeOf(tables, sink.begin, sink.end);
  return { pe, ...tables, ...range, isOpenAtEnd: repair.close(executions, range.end) };
}

/** Also what lies outside of what the PE said of itself. */
function rangeOf(tables: PeTables, begin: number, end: number): { readonly begin: number; readonly end: number } {
  const { executions, sends, idles, spans, points } = tables;
  let first = begin;
  let last = end;
  for (const column of [executions.begin, sends.time, idles.begin, spans.begin, points.time]) {
    if (column.length === 0) continue;
    first = Math.min(first, column[0]!);
    last = Math.max(last, column.at(-1)!);
  }
  for (const column of [executions.end, idles.end, spans.end]) for (const time of column) if (time > last) last = time;
  return { begin: first, end: last };
}

class Repair {
  readonly #limits: AssemblyLimits;
  readonly #noted = new Set<string>();

  constructor(limits: AssemblyLimits) {
    this.#limits = limits;
  }

  #note(problem: string): void {
    if (this.#noted.has(problem)) return;
    this.#noted.add(problem);
    this.#limits.problems.add({ file: this.#limits.file, problem });
  }

  executions(columns: Executions, sendRows: number): Executions {
    const sorted = this.sorted('executions', columns);
    const { entry, element, firstSend, sends, end } = sorted;
    this.kinds('executions', sorted.wake, wakes.length);
    for (let i = 0; i < entry.length; i++) {
      entry[i] = this.entry(entry[i]!);
      element[i] = this.element(element[i]!);
      if (firstSend[i]! > sendRows) firstSend[i] = sendRows;
      if (firstSend[i]! + sends[i]! > sendRows) sends[i] = sendRows - firstSend[i]!;
      const next = sorted.begin[i + 1];
      if (next === undefined || end[i]! <= next) continue;
      if (end[i]! > next) this.#note('executions overlap; the earlier one was cut');
      end[i] = next;
    }
    return sorted;
  }

  sends(columns: Sends): Sends {
    const sorted = this.#ascending('sends', columns, columns.time);
    const { entry, element } = sorted;
    this.kinds('sends', sorted.kind, sendKinds.length);
    for (let i = 0; i < entry.length; i++) {
      entry[i] = this.entry(entry[i]!);
      element[i] = this.element(element[i]!);
    }
    return sorted;
  }

  points(columns: Columns<Schemas['points']>): Columns<Schemas['points']> {
    const sorted = this.#ascending('points', columns, columns.time);
    this.kinds('points', sorted.kind, pointKinds.length);
    return sorted;
  }

  /** Ascending by `begin`, with no end before its begin. Spans come in the order of their ends: no problem. */
  sorted<S extends Schema>(table: TableName, columns: Columns<S>): Columns<S> {
    const { begin } = columns as unknown as { begin: Float64Array };
    const sorted = table === 'spans' ? byBegin(columns) : this.#ascending(table, columns, begin);
    const ends = sorted as unknown as { begin: Float64Array; end: Float64Array };
    for (let i = 0; i < ends.begin.length; i++) {
      if (!(ends.end[i]! < ends.begin[i]!)) continue;
      this.#note(`${table}: an end lies before its begin; taken as no time`);
      ends.end[i] = ends.begin[i]!;
    }
    return sorted;
  }

  #ascending<S extends Schema>(table: TableName, columns: Columns<S>, times: Float64Array): Columns<S> {
    for (let i = 0; i < times.length; i++) {
      if (Number.isFinite(times[i]!)) continue;
      this.#note(`${table}: a time is not a number; taken from the row before`);
      times[i] = times[i - 1] ?? 0;
    }
    if (isAscending(times)) return columns;
    this.#note(`${table}: times go back; the rows were sorted`);
    return pick(columns, order(times));
  }

  entry(entry: number): number {
    if (entry >= none && entry < this.#limits.entries) return entry;
    this.#note(`there is no entry method ${entry}`);
    return none;
  }

  element(element: number): number {
    if (element >= none && element < this.#limits.elements) return element;
    this.#note(`there is no element ${element}`);
    return none;
  }

  kinds(table: TableName, kinds: Uint8Array, count: number): void {
    for (let i = 0; i < kinds.length; i++) {
      if (kinds[i]! < count) continue;
      this.#note(`${table}: there is no kind ${kinds[i]}; taken as 0`);
      kinds[i] = 0;
    }
  }

  /** @returns whether the last execution had no end. */
  close({ begin, end }: Executions, peEnd: number): boolean {
    for (let i = 0; i < end.length - 1; i++) if (Number.isNaN(end[i]!)) end[i] = begin[i + 1]!;
    const last = end.length - 1;
    if (last < 0 || !Number.isNaN(end[last]!)) return false;
    end[last] = peEnd;
    return true;
  }
}

function byBegin<S extends Schema>(columns: Columns<S>): Columns<S> {
  const { begin, end } = columns as unknown as { begin: Float64Array; end: Float64Array };
  const rows = Uint32Array.from(begin.keys());
  rows.sort((a, b) => begin[a]! - begin[b]! || end[b]! - end[a]! || a - b);
  return pick(columns, rows);
}

function order(times: Float64Array): Uint32Array {
  return Uint32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
}
