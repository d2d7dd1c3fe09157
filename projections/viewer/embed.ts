/**
 * Traces inside of a page: how they are packed, and what is left out if they are large.
 *
 * A page of more than about a million records would be slow to open and too large to send. Then only a window of the run
 * is in it, all of that window, and the page says so.
 */
import { firstExecution } from '../analysis/selection.ts';
import { type Columns, lowerBound, pick, slice } from '../model/columns.ts';
import type { Schemas } from '../model/schema.ts';
import { type PeTrace, type Trace, timeRange } from '../model/trace.ts';
import { infoOf, LocalSource } from './answers.ts';
import type { TraceSource } from './protocol.ts';
import { TraceStore } from './store.ts';
import { decodeAnswer, encodeAnswer } from './wire.ts';

export const embeddedRecordsMax = 1_000_000;

export interface Embedded {
  readonly trace: Trace;
  /** What was left out, for the reader of the page. */
  readonly reduced?: string;
}

export interface EmbedOptions {
  /** Nanoseconds. */
  readonly begin?: number;
  readonly end?: number;
  readonly recordsMax?: number;
}

/** The wanted window, and of that as much as fits, from its middle. */
export function reduced(trace: Trace, { begin, end, recordsMax = embeddedRecordsMax }: EmbedOptions = {}): Embedded {
  const range = timeRange(trace);
  const all = recordsIn(trace);
  let from = Math.max(range.begin, begin ?? range.begin);
  let to = Math.min(range.end, end ?? range.end);
  if (to <= from) throw new RangeError('there is nothing of the run in this window');
  let part = from === range.begin && to === range.end ? trace : cutTrace(trace, from, to);
  // Records are spread unevenly, so a few steps may be needed.
  for (let step = 0; step < 20 && recordsIn(part) > recordsMax; step++) {
    const length = (to - from) * Math.min(0.9, (0.95 * recordsMax) / recordsIn(part));
    const middle = (from + to) / 2;
    [from, to] = [middle - length / 2, middle + length / 2];
    part = cutTrace(part, from, to);
  }
  if (part === trace) return { trace };
  const ms = (ns: number): string => `${(ns / 1e6).toFixed(3)} ms`;
  const reason =
    `This page has the run from ${ms(from)} to ${ms(to)}, ${recordsIn(part)} of ${all} records. ` +
    'charm4ts projections --html FILE --window FROM-TO makes one of another part.';
  return { trace: part, reduced: reason };
}

function recordsIn(trace: Trace): number {
  return infoOf(new TraceStore(trace)).records;
}

/** What lies in a window. Executions that reach over its edges are cut. */
export function cutTrace(trace: Trace, begin: number, end: number): Trace {
  const { name, info, elements, problems } = trace;
  return { name, info, elements, problems, pes: trace.pes.map((pe) => cutPe(pe, begin, end)) };
}

function cutPe(pe: PeTrace, begin: number, end: number): PeTrace {
  const first = firstExecution(pe, begin);
  const last = Math.max(first, lowerBound(pe.executions.begin, end));
  const [firstSend, lastSend] = [lowerBound(pe.sends.time, begin), lowerBound(pe.sends.time, end)];
  // A copy: rows at the edges are changed.
  const executions = pick(
    pe.executions,
    Uint32Array.from({ length: last - first }, (_, i) => first + i),
  );
  for (let row = 0; row < last - first; row++) {
    const from = Math.max(firstSend, executions.firstSend[row]!);
    const to = Math.min(lastSend, executions.firstSend[row]! + executions.sends[row]!);
    executions.firstSend[row] = Math.min(from, lastSend) - firstSend;
    executions.sends[row] = Math.max(0, to - from);
    executions.begin[row] = Math.max(begin, executions.begin[row]!);
    executions.end[row] = Math.min(end, executions.end[row]!);
  }
  const [firstPoint, lastPoint] = [lowerBound(pe.points.time, begin), lowerBound(pe.points.time, end)];
  return {
    ...pe,
    executions,
    sends: slice(pe.sends, firstSend, lastSend),
    idles: cutSpans(pe.idles, begin, end),
    spans: cutSpans(pe.spans, begin, end),
    points: slice(pe.points, firstPoint, lastPoint),
    begin: Math.min(end, Math.max(begin, pe.begin)),
    end: Math.max(begin, Math.min(end, pe.end)),
    isOpenAtEnd: pe.isOpenAtEnd && end >= pe.end,
  };
}

type Spanned = Schemas['idles'] | Schemas['spans'];

function cutSpans<S extends Spanned>(columns: Columns<S>, begin: number, end: number): Columns<S> {
  const times = columns as unknown as { readonly begin: Float64Array; readonly end: Float64Array };
  const rows = Array.from(times.begin.keys()).filter((row) => times.end[row]! > begin && times.begin[row]! < end);
  const picked = pick(columns, Uint32Array.from(rows));
  const cut = picked as unknown as { readonly begin: Float64Array; readonly end: Float64Array };
  for (let row = 0; row < rows.length; row++) {
    cut.begin[row] = Math.max(begin, cut.begin[row]!);
    cut.end[row] = Math.min(end, cut.end[row]!);
  }
  return picked;
}

export function encodeEmbedded(traces: readonly Embedded[]): Uint8Array {
  return encodeAnswer(traces);
}

/** In the page: traces that answer for themselves. */
export function decodeEmbedded(bytes: ArrayBuffer): { readonly name: string; readonly source: TraceSource }[] {
  const traces = decodeAnswer(bytes) as readonly Embedded[];
  return traces.map(({ trace, reduced: what }) => ({
    name: trace.name,
    source: new LocalSource(new TraceStore(trace), what),
  }));
}
