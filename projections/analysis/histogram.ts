/**
 * How long, how large: distributions on a logarithmic scale, since executions last from nanoseconds to seconds. With linear
 * bins everything small would be in the first one.
 */
import type { MessageLinks } from '../model/links.ts';
import { none } from '../model/schema.ts';
import type { Trace } from '../model/trace.ts';
import { choose, eachExecution, type Selection } from './selection.ts';

/**
 * - `duration`: of executions, ns
 * - `queueWait`: from when a message came into the queue until its execution began, ns
 * - `latency`: from the send of a message until its execution began, ns
 * - `bytes`: of messages that were executed
 */
export const measures = ['duration', 'queueWait', 'latency', 'bytes'] as const;
export type Measure = (typeof measures)[number];

/** Ten bins a factor of ten: a bin is 26 % wider than the one before. */
export const binsPerDecade = 10;

export interface Histogram {
  readonly measure: Measure;
  /** Bin i holds values from `edges[i]` up to `edges[i + 1]`. Values below 1 are in the first. */
  readonly edges: Float64Array;
  /** By entry method, most values first; those beyond the list are in `other`. */
  readonly entry: Int32Array;
  /** Entries x bins. */
  readonly counts: Float64Array;
  readonly other: Float64Array;
  /** Sum of the values in each bin: where the time is, not where the executions are. */
  readonly sums: Float64Array;
  readonly summary: Percentiles;
  /** By entry method of `entry`. */
  readonly summaries: readonly Percentiles[];
}

export interface Percentiles {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Cost: a sort of the values; 8 B for each. */
export function histogram(
  trace: Trace,
  links: MessageLinks,
  selection: Selection,
  measure: Measure,
  entriesMax = 12,
): Histogram {
  const valuesOf = collect(trace, links, selection, measure);
  const order = [...valuesOf.keys()].sort((a, b) => valuesOf.get(b)!.length - valuesOf.get(a)!.length || a - b);
  const entry = Int32Array.from(order.slice(0, entriesMax));
  const all = joined([...valuesOf.values()]).sort();
  const first = Math.max(0, Math.floor(binOfValue(all[0] ?? 1)));
  const bins = Math.max(1, Math.floor(binOfValue(all.at(-1) ?? 1)) - first + 1);
  const counts = new Float64Array(entry.length * bins);
  const other = new Float64Array(bins);
  const sums = new Float64Array(bins);
  for (const [i, key] of order.entries()) {
    const isShown = i < entriesMax;
    for (const value of valuesOf.get(key)!) {
      const bin = Math.max(0, Math.floor(binOfValue(value)) - first);
      if (isShown) counts[i * bins + bin]!++;
      else other[bin]!++;
      sums[bin]! += value;
    }
  }
  return {
    measure,
    edges: Float64Array.from({ length: bins + 1 }, (_, i) => 10 ** ((first + i) / binsPerDecade)),
    entry,
    counts,
    other,
    sums,
    summary: percentiles(all),
    summaries: Array.from(entry, (key) => percentiles(joined([valuesOf.get(key)!]).sort())),
  };
}

function binOfValue(value: number): number {
  // Powers of ten must not fall into the bin below by rounding.
  return value < 1 ? 0 : Math.log10(value) * binsPerDecade + 1e-9;
}

/** Of a sorted array. The p-th percentile is the smallest value that at least p percent are not above. */
export function percentiles(sorted: Float64Array): Percentiles {
  const count = sorted.length;
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * count) - 1)] ?? Number.NaN;
  const mean = count === 0 ? Number.NaN : sorted.reduce((sum, value) => sum + value, 0) / count;
  return {
    count,
    mean,
    min: sorted[0] ?? Number.NaN,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: sorted[count - 1] ?? Number.NaN,
  };
}

function collect(trace: Trace, links: MessageLinks, selection: Selection, measure: Measure): Map<number, number[]> {
  const values = new Map<number, number[]>();
  eachExecution(choose(trace, selection), ({ executions }, row) => {
    const value = measured(executions, row, links, measure);
    if (!(value >= 0)) return;
    const entry = executions.entry[row]!;
    let list = values.get(entry);
    if (list === undefined) {
      list = [];
      values.set(entry, list);
    }
    list.push(value);
  });
  return values;
}

/** NaN where it is not known. */
function measured(
  executions: Trace['pes'][number]['executions'],
  row: number,
  links: MessageLinks,
  measure: Measure,
): number {
  if (measure === 'duration') return executions.end[row]! - executions.begin[row]!;
  if (measure === 'queueWait') return executions.begin[row]! - executions.enqueued[row]!;
  const source = executions.source[row]!;
  if (source === none) return Number.NaN;
  if (measure === 'bytes') return executions.bytes[row]!;
  const send = links.sendOf(source, executions.message[row]!);
  return send === none ? Number.NaN : executions.begin[row]! - links.pe(source)!.sends.time[send]!;
}

function joined(lists: readonly (readonly number[])[]): Float64Array {
  const all = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}
