/** What is not like the others: PEs, and single executions that took much longer than others of their entry method. */
import type { Trace } from '../model/trace.ts';
import { entryProfile, usageProfile } from './profile.ts';
import { choose, eachExecution, type Selection } from './selection.ts';

export const peMeasures = ['busy', 'idle', 'rest', 'executions', 'grain', 'sent', 'received'] as const;
export type PeMeasure = (typeof peMeasures)[number];

export interface Outliers {
  readonly pe: Int32Array;
  /** Measures x PEs. Shares for busy, idle and rest; mean ns for grain; numbers for others. */
  readonly values: Float64Array;
  /** Measures x PEs: distance from the median in robust standard deviations. Beyond 3 is unusual. */
  readonly scores: Float64Array;
  /** By PE: the largest distance of any measure, most unusual first in `order`. */
  readonly order: Int32Array;
  readonly longest: LongExecutions;
}

/** Executions by how many times longer they took than the median of their entry method, the most extreme first. */
export interface LongExecutions {
  readonly pe: Int32Array;
  readonly row: Uint32Array;
  readonly entry: Int32Array;
  readonly begin: Float64Array;
  readonly duration: Float64Array;
  readonly median: Float64Array;
}

/** Shorter than that are noise of the clock, whatever their factor. */
const executionNsMin = 1000;
const factorMin = 3;

export function outliers(trace: Trace, selection: Selection = {}, executionsMax = 200): Outliers {
  const usage = usageProfile(trace, selection);
  const pes = usage.pe.length;
  const entries = usage.entry.length;
  const values = new Float64Array(peMeasures.length * pes);
  for (let at = 0; at < pes; at++) {
    let busy = 0;
    let count = 0;
    for (let i = at * entries; i < (at + 1) * entries; i++) {
      busy += usage.busy[i]!;
      count += usage.count[i]!;
    }
    const time = Math.max(1, usage.time[at]!);
    const rest = Math.max(0, time - busy - usage.idle[at]!);
    const grain = count === 0 ? 0 : busy / count;
    const row = [busy / time, usage.idle[at]! / time, rest / time, count, grain, usage.sent[at]!, usage.received[at]!];
    for (const [measure, value] of row.entries()) values[measure * pes + at] = value;
  }
  const scores = new Float64Array(values.length);
  for (let measure = 0; measure < peMeasures.length; measure++)
    scores.set(scoresOf(values.subarray(measure * pes, (measure + 1) * pes)), measure * pes);
  const worst = Array.from({ length: pes }, (_, at) =>
    Math.max(...peMeasures.map((_name, measure) => Math.abs(scores[measure * pes + at]!))),
  );
  const order = Array.from(worst.keys()).sort((a, b) => worst[b]! - worst[a]! || a - b);
  return {
    pe: usage.pe,
    values,
    scores,
    order: Int32Array.from(order),
    longest: longExecutions(trace, selection, executionsMax),
  };
}

/** Distances from the median, in units of 1.48 times the median distance; of the mean distance where that is 0. */
export function scoresOf(values: Float64Array): Float64Array {
  if (values.length === 0) return new Float64Array(0);
  const middle = medianOf(values);
  const away = values.map((value) => Math.abs(value - middle));
  const unit = 1.4826 * medianOf(away) || 1.2533 * (away.reduce((sum, one) => sum + one, 0) / away.length);
  return values.map((value) => (unit === 0 ? 0 : (value - middle) / unit));
}

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  const half = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function longExecutions(trace: Trace, selection: Selection, max: number): LongExecutions {
  const chosen = choose(trace, selection);
  const profile = entryProfile(trace, selection);
  const place = new Map(Array.from(profile.entry, (entry, i) => [entry, i]));
  const durations = Array.from(profile.count, (count) => new Float64Array(count));
  const filled = new Uint32Array(durations.length);
  eachExecution(chosen, ({ executions }, row) => {
    const at = place.get(executions.entry[row]!)!;
    durations[at]![filled[at]!++] = executions.end[row]! - executions.begin[row]!;
  });
  const medians = durations.map(medianOf);
  const found: { pe: number; row: number; entry: number; begin: number; duration: number; median: number }[] = [];
  eachExecution(chosen, ({ pe, executions }, row) => {
    const entry = executions.entry[row]!;
    const begin = executions.begin[row]!;
    const duration = executions.end[row]! - begin;
    const median = medians[place.get(entry)!]!;
    if (duration < executionNsMin || duration < factorMin * median) return;
    found.push({ pe, row, entry, begin, duration, median });
    // Now and then only the best are kept, so that memory does not grow with the trace.
    if (found.length > 20 * max) found.sort(byFactor).splice(max);
  });
  found.sort(byFactor).splice(max);
  const column = (name: 'begin' | 'duration' | 'median'): Float64Array => Float64Array.from(found, (one) => one[name]);
  return {
    pe: Int32Array.from(found, ({ pe }) => pe),
    row: Uint32Array.from(found, ({ row }) => row),
    entry: Int32Array.from(found, ({ entry }) => entry),
    begin: column('begin'),
    duration: column('duration'),
    median: column('median'),
  };
}

function byFactor(
  a: { readonly duration: number; readonly median: number },
  b: { readonly duration: number; readonly median: number },
): number {
  return b.duration / Math.max(1, b.median) - a.duration / Math.max(1, a.median);
}
