/**
 * What a person wants to know first of a run, and everything that a script may ask: plain data with names, times in
 * seconds, shares from 0 to 1, and nothing that JSON cannot say (what is not known is null).
 */
import { describeProblem } from '../errors.ts';
import type { LbReport } from '../model/lb-report.ts';
import type { MessageLinks } from '../model/links.ts';
import { codeOf, pointKinds } from '../model/schema.ts';
import { entryName, type RunInfo, type Trace } from '../model/trace.ts';
import { callGraph } from './call-graph.ts';
import { communicationMatrix } from './communication.ts';
import { criticalPath } from './critical-path.ts';
import { histogram, type Measure, type Percentiles } from './histogram.ts';
import { imbalance, loadBalance } from './load-balance.ts';
import { outliers } from './outliers.ts';
import { entryProfile, usageProfile } from './profile.ts';
import { choose, type Selection } from './selection.ts';
import { userEvents } from './user-events.ts';

export type Known<T> = { readonly [K in keyof T]: number | null };

export interface TraceSummary {
  readonly name: string;
  readonly run: RunInfo;
  readonly pes: number;
  readonly nodes: number;
  /** Of the selection, as seconds of the run. */
  readonly begin: number;
  readonly end: number;
  readonly seconds: number;
  readonly records: number;
  /** PE seconds. */
  readonly time: Parts;
  readonly perPe: readonly PeSummaryRow[];
  /** Busy time of the busiest PE over the mean; 1 is perfect. */
  readonly imbalance: number;
  readonly longestIdle: { readonly pe: number; readonly begin: number; readonly seconds: number } | null;
  readonly entries: readonly EntrySummary[];
  readonly criticalPath: PathSummary;
  /** Most messages first. */
  readonly calls: readonly CallSummary[];
  readonly communication: {
    readonly messages: number;
    readonly bytes: number;
    /** Between PEs. */
    readonly remoteMessages: number;
    readonly remoteBytes: number;
    readonly pairs: readonly {
      readonly from: number;
      readonly to: number;
      readonly messages: number;
      readonly bytes: number;
    }[];
  };
  readonly balancing: readonly LbStepSummary[];
  /** Brackets of the program, and what the runtime did besides executing. */
  readonly spans: readonly {
    readonly kind: string;
    readonly name: string;
    readonly count: number;
    readonly seconds: number;
    readonly longest: number;
  }[];
  readonly events: readonly { readonly name: string; readonly count: number }[];
  readonly notes: readonly { readonly pe: number; readonly seconds: number; readonly text: string }[];
  readonly longExecutions: readonly {
    readonly pe: number;
    readonly entry: string;
    readonly begin: number;
    readonly seconds: number;
    /** Of its entry method. */
    readonly median: number;
  }[];
  readonly memoryMaxBytes: number | null;
  readonly queueMax: number | null;
  readonly problems: readonly string[];
}

/** What the time of PEs consists of. */
export interface Parts {
  readonly busy: number;
  readonly idle: number;
  /** Neither: scheduling, receiving, what was not recorded. */
  readonly overhead: number;
}

export interface PeSummaryRow extends Parts {
  readonly pe: number;
  readonly node: number;
  readonly seconds: number;
  readonly executions: number;
  readonly sent: number;
  readonly received: number;
}

export interface EntrySummary {
  readonly name: string;
  readonly seconds: number;
  /** Of the time of all PEs. */
  readonly share: number;
  readonly executions: number;
  readonly duration: Known<Percentiles>;
  /** In the queue of its PE. */
  readonly queueWait: Known<Percentiles>;
  readonly latency: Known<Percentiles>;
  readonly messageBytes: Known<Percentiles>;
}

export interface PathSummary {
  readonly seconds: number;
  /** Of that, in no entry method: messages on their way and in queues. */
  readonly wait: number;
  readonly steps: number;
  readonly entries: readonly { readonly name: string; readonly seconds: number; readonly executions: number }[];
}

export interface CallSummary {
  readonly from: string;
  readonly to: string;
  readonly messages: number;
  readonly remote: number;
  readonly bytes: number;
  readonly meanLatency: number | null;
}

export interface LbStepSummary {
  readonly step: number;
  readonly begin: number;
  readonly seconds: number;
  /** As the balancer measured and expected; null if it was not recorded. */
  readonly saidBefore: number | null;
  readonly saidAfter: number | null;
  /** Imbalance of the busy time in the phase before and after. */
  readonly before: number;
  readonly after: number;
  readonly migrations: number;
  readonly bytesMoved: number;
  /** Of the busy time that the balancer measured and expected, by PE in seconds; null if it was not recorded. */
  readonly loadsBefore: readonly number[] | null;
  readonly loadsAfter: readonly number[] | null;
  /** Strategy, trigger, objects, refusals; null if it was not recorded. */
  readonly report: LbReport | null;
}

const pairsMax = 50;
const notesMax = 200;
const longMax = 50;

/** Cost: a few passes over the records, and a sort of them. */
export function summarise(trace: Trace, links: MessageLinks, selection: Selection = {}): TraceSummary {
  const { begin, end, pes } = choose(trace, selection);
  const { info } = trace;
  const profile = entryProfile(trace, selection);
  const perPe = peRows(trace, selection);
  const events = userEvents(trace, selection);
  return {
    name: trace.name,
    run: info.run,
    pes: pes.length,
    nodes: new Set(pes.map(({ pe }) => info.nodeOf[pe])).size,
    begin: begin / 1e9,
    end: end / 1e9,
    seconds: (end - begin) / 1e9,
    records: pes.reduce((sum, pe) => sum + pe.executions.begin.length + pe.sends.time.length, 0),
    time: {
      busy: profile.totalBusy / 1e9,
      idle: profile.idle / 1e9,
      overhead: (profile.time - profile.totalBusy - profile.idle) / 1e9,
    },
    perPe,
    imbalance: imbalance(Float64Array.from(perPe, ({ busy }) => busy)),
    longestIdle: longestIdle(trace, selection),
    entries: entryRows(trace, links, selection),
    criticalPath: path(trace, links, selection),
    calls: calls(trace, links, selection),
    communication: communication(trace, links, selection),
    balancing: steps(trace, selection),
    spans: events.spans.map(({ kind, name, count, total, longest }) => ({
      kind,
      name,
      count,
      seconds: total / 1e9,
      longest: longest / 1e9,
    })),
    events: events.points.map(({ name, count }) => ({ name, count })),
    notes: events.notes.slice(0, notesMax).map(({ pe, time, text }) => ({ pe, seconds: time / 1e9, text })),
    longExecutions: longExecutions(trace, selection),
    memoryMaxBytes: pointMax(trace, selection, 'memory'),
    queueMax: pointMax(trace, selection, 'queueLength'),
    problems: trace.problems.map(describeProblem),
  };
}

function peRows(trace: Trace, selection: Selection): PeSummaryRow[] {
  const usage = usageProfile(trace, selection);
  const entries = usage.entry.length;
  const sum = (values: Float64Array, at: number): number =>
    values.subarray(at * entries, (at + 1) * entries).reduce((total, value) => total + value, 0);
  return Array.from(usage.pe, (pe, at) => {
    const busy = sum(usage.busy, at);
    const [time, idle] = [usage.time[at]!, usage.idle[at]!];
    return {
      pe,
      node: trace.info.nodeOf[pe] ?? 0,
      seconds: time / 1e9,
      busy: busy / 1e9,
      idle: idle / 1e9,
      overhead: (time - busy - idle) / 1e9,
      executions: sum(usage.count, at),
      sent: usage.sent[at]!,
      received: usage.received[at]!,
    };
  });
}

function longestIdle(trace: Trace, selection: Selection): TraceSummary['longestIdle'] {
  const { begin, end, pes } = choose(trace, selection);
  let longest: { pe: number; begin: number; seconds: number } | null = null;
  for (const { pe, idles } of pes)
    for (let row = 0; row < idles.begin.length; row++) {
      const from = Math.max(begin, idles.begin[row]!);
      const seconds = (Math.min(end, idles.end[row]!) - from) / 1e9;
      if (seconds > (longest?.seconds ?? 0)) longest = { pe, begin: from / 1e9, seconds };
    }
  return longest;
}

function entryRows(trace: Trace, links: MessageLinks, selection: Selection): EntrySummary[] {
  const profile = entryProfile(trace, selection);
  const measure = (name: Measure, scale: number): Map<number, Known<Percentiles>> => {
    const { entry, summaries } = histogram(trace, links, selection, name, Number.POSITIVE_INFINITY);
    return new Map(Array.from(entry, (row, i) => [row, scaled(summaries[i]!, scale)]));
  };
  const durations = measure('duration', 1e9);
  const waits = measure('queueWait', 1e9);
  const latencies = measure('latency', 1e9);
  const sizes = measure('bytes', 1);
  return Array.from(profile.entry, (entry, i) => ({
    name: entryName(trace.info, entry),
    seconds: profile.busy[i]! / 1e9,
    share: profile.time === 0 ? 0 : profile.busy[i]! / profile.time,
    executions: profile.count[i]!,
    duration: durations.get(entry) ?? unknown,
    queueWait: waits.get(entry) ?? unknown,
    latency: latencies.get(entry) ?? unknown,
    messageBytes: sizes.get(entry) ?? unknown,
  }));
}

const unknown: Known<Percentiles> = {
  count: 0,
  mean: null,
  min: null,
  p50: null,
  p90: null,
  p99: null,
  p999: null,
  max: null,
};

function scaled(values: Percentiles, scale: number): Known<Percentiles> {
  const one = (value: number): number | null => (Number.isFinite(value) ? value / scale : null);
  const { count, mean, min, p50, p90, p99, p999, max } = values;
  return {
    count,
    mean: one(mean),
    min: one(min),
    p50: one(p50),
    p90: one(p90),
    p99: one(p99),
    p999: one(p999),
    max: one(max),
  };
}

function path(trace: Trace, links: MessageLinks, selection: Selection): PathSummary {
  const { pe, entry, busy, count, wait, length } = criticalPath(trace, links, selection);
  return {
    seconds: length / 1e9,
    wait: wait / 1e9,
    steps: pe.length,
    entries: Array.from(entry, (row, i) => ({
      name: entryName(trace.info, row),
      seconds: busy[i]! / 1e9,
      executions: count[i]!,
    })),
  };
}

function calls(trace: Trace, links: MessageLinks, selection: Selection): CallSummary[] {
  const { from, to, count, remote, bytes, latency, timed } = callGraph(trace, links, selection);
  return Array.from(from, (row, i) => ({
    from: entryName(trace.info, row),
    to: entryName(trace.info, to[i]!),
    messages: count[i]!,
    remote: remote[i]!,
    bytes: bytes[i]!,
    meanLatency: timed[i] === 0 ? null : latency[i]! / timed[i]! / 1e9,
  }));
}

function communication(trace: Trace, links: MessageLinks, selection: Selection): TraceSummary['communication'] {
  const { first, messages, bytes } = communicationMatrix(trace, links, selection, 'pe', Number.POSITIVE_INFINITY);
  const size = first.length;
  const pairs: { from: number; to: number; messages: number; bytes: number }[] = [];
  let [allMessages, allBytes] = [0, 0];
  for (let cell = 0; cell < messages.length; cell++) {
    if (messages[cell] === 0) continue;
    allMessages += messages[cell]!;
    allBytes += bytes[cell]!;
    const [from, to] = [first[Math.floor(cell / size)]!, first[cell % size]!];
    if (from !== to) pairs.push({ from, to, messages: messages[cell]!, bytes: bytes[cell]! });
  }
  pairs.sort((a, b) => b.bytes - a.bytes || b.messages - a.messages);
  return {
    messages: allMessages,
    bytes: allBytes,
    remoteMessages: pairs.reduce((sum, pair) => sum + pair.messages, 0),
    remoteBytes: pairs.reduce((sum, pair) => sum + pair.bytes, 0),
    pairs: pairs.slice(0, pairsMax),
  };
}

function steps(trace: Trace, selection: Selection): LbStepSummary[] {
  const of = (loads: Float64Array): number | null => (loads.length === 0 ? null : imbalance(loads));
  const seconds = (loads: Float64Array): number[] | null =>
    loads.length === 0 ? null : Array.from(loads, (load) => load / 1e9);
  return loadBalance(trace, selection).steps.map((step) => ({
    step: step.step,
    begin: step.begin / 1e9,
    seconds: (step.end - step.begin) / 1e9,
    saidBefore: of(step.saidBefore),
    saidAfter: of(step.saidAfter),
    before: imbalance(step.before),
    after: imbalance(step.after),
    migrations: step.moves.to.length,
    bytesMoved: step.moves.bytes.reduce((sum, bytes) => sum + (Number.isNaN(bytes) ? 0 : bytes), 0),
    loadsBefore: seconds(step.saidBefore),
    loadsAfter: seconds(step.saidAfter),
    report: step.report,
  }));
}

function longExecutions(trace: Trace, selection: Selection): TraceSummary['longExecutions'] {
  const { longest } = outliers(trace, selection, longMax);
  return Array.from(longest.pe, (pe, i) => ({
    pe,
    entry: entryName(trace.info, longest.entry[i]!),
    begin: longest.begin[i]! / 1e9,
    seconds: longest.duration[i]! / 1e9,
    median: longest.median[i]! / 1e9,
  }));
}

function pointMax(trace: Trace, selection: Selection, kind: 'memory' | 'queueLength'): number | null {
  const code = codeOf(pointKinds, kind);
  let max: number | null = null;
  for (const { points } of choose(trace, selection).pes)
    for (let row = 0; row < points.kind.length; row++)
      if (points.kind[row] === code && points.value[row]! > (max ?? -1)) max = points.value[row]!;
  return max;
}
