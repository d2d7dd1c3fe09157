/** A summary of traces for people: where the time went, and what to look at first. */
import type { TraceSummary } from '../../projections/index.ts';
import { clean, count, duration, percent, row, size, table } from './text.ts';

const entriesMax = 12;
const rowsMax = 5;

export interface EntryDifference {
  readonly name: string;
  /** Of the first run and of another. */
  readonly seconds: readonly [number, number];
  readonly executions: readonly [number, number];
  /** Number of that other. */
  readonly run: number;
}

export function summaryText(summaries: readonly TraceSummary[]): string {
  const parts = summaries.map((summary) => oneText(summary));
  if (summaries.length > 1) parts.push(differenceText(summaries));
  return parts.join('\n');
}

/** Entry method by entry method, the largest change first; methods are the same if their names are. */
export function differences(summaries: readonly TraceSummary[]): EntryDifference[] {
  const [first, ...others] = summaries;
  const found: EntryDifference[] = [];
  for (const [i, other] of others.entries()) {
    const names = new Set([...first!.entries, ...other.entries].map(({ name }) => name));
    for (const name of names) {
      const [a, b] = [first!, other].map((summary) => summary.entries.find((entry) => entry.name === name));
      const seconds = [a?.seconds ?? 0, b?.seconds ?? 0] as const;
      const executions = [a?.executions ?? 0, b?.executions ?? 0] as const;
      found.push({ name, seconds, executions, run: i + 1 });
    }
  }
  return found.sort((a, b) => Math.abs(b.seconds[1] - b.seconds[0]) - Math.abs(a.seconds[1] - a.seconds[0]));
}

function oneText(summary: TraceSummary): string {
  const { name, run, pes, nodes, seconds, communication } = summary;
  const lines = [
    row('trace', `${name}: ${count(pes, 'PE')} in ${count(nodes, 'node')}, ${duration(seconds)}${started(run)}`),
    ...whereTheTimeWent(summary),
    row(
      'messages',
      `${communication.messages}, of which ${communication.remoteMessages} between PEs with ${size(communication.remoteBytes)}${heaviest(summary)}`,
    ),
    ...path(summary),
    ...balancing(summary),
    ...besides(summary),
    '',
    ...entryTable(summary),
    '',
    ...callTable(summary),
    ...outlierTable(summary),
    ...summary.problems.map((problem) => row('problem', clean(problem))),
  ];
  return `${lines.join('\n')}\n`;
}

function started({ startedAt, host, runtimeVersion }: TraceSummary['run']): string {
  const at = startedAt === undefined ? '' : `, ${startedAt}`;
  const on = host === undefined ? '' : ` on ${host}`;
  return clean(`${at}${on}${runtimeVersion === undefined ? '' : ` (${runtimeVersion})`}`);
}

function whereTheTimeWent({ time, perPe, imbalance, longestIdle }: TraceSummary): string[] {
  const all = time.busy + time.idle + time.overhead;
  const share = (part: number): string => percent(all === 0 ? 0 : part / all);
  const lines = [
    row('time', `busy ${share(time.busy)}, idle ${share(time.idle)}, overhead ${share(time.overhead)} of all PEs`),
  ];
  const sorted = [...perPe].sort((a, b) => b.busy - a.busy);
  const [most, least] = [sorted[0], sorted.at(-1)];
  if (most !== undefined && least !== undefined && sorted.length > 1) {
    const busy = ({ busy, seconds }: typeof most): string => percent(seconds === 0 ? 0 : busy / seconds);
    lines.push(
      row(
        'balance',
        `PE ${most.pe} is busiest (${busy(most)}), PE ${least.pe} least busy (${busy(least)}); busiest over mean ${imbalance.toFixed(2)}`,
      ),
    );
  }
  if (longestIdle !== null)
    lines.push(
      row(
        'longest idle',
        `PE ${longestIdle.pe} for ${duration(longestIdle.seconds)} from ${duration(longestIdle.begin)}`,
      ),
    );
  return lines;
}

function heaviest({ communication: { pairs } }: TraceSummary): string {
  const [pair] = pairs;
  return pair === undefined ? '' : `; most from PE ${pair.from} to PE ${pair.to} (${size(pair.bytes)})`;
}

function path({ criticalPath: { seconds, wait, entries, steps } }: TraceSummary): string[] {
  if (seconds === 0) return [];
  const parts = entries.slice(0, 3).map((entry) => `${clean(entry.name)} ${percent(entry.seconds / seconds)}`);
  parts.push(`messages and queues ${percent(wait / seconds)}`);
  return [row('critical path', `${duration(seconds)} in ${count(steps, 'step')}: ${parts.join(', ')}`)];
}

function balancing({ balancing: steps }: TraceSummary): string[] {
  const lines = steps.slice(0, rowsMax).map((step) => {
    const [before, after] = [step.saidBefore ?? step.before, step.saidAfter ?? step.after];
    const { report } = step;
    const refused = report === null || report.refused === 0 ? '' : `, ${report.refused} refused`;
    const moved = `${count(step.migrations, 'migration')}${refused}, ${size(step.bytesMoved)}`;
    const by = report === null ? '' : ` by ${clean(report.strategy)} (${clean(report.trigger)})`;
    return row(
      `LB step ${step.step}`,
      `at ${duration(step.begin)}${by}, took ${duration(step.seconds)}: busiest over mean ${before.toFixed(2)} -> ${after.toFixed(2)}, ${moved}`,
    );
  });
  if (steps.length > rowsMax) lines.push(row('', `and ${steps.length - rowsMax} more LB steps`));
  return lines;
}

function besides({ spans, memoryMaxBytes, queueMax, events }: TraceSummary): string[] {
  const lines: string[] = [];
  const gc = spans.find(({ kind }) => kind === 'gc');
  if (gc !== undefined)
    lines.push(
      row('garbage', `${count(gc.count, 'collection')}, ${duration(gc.seconds)}, longest ${duration(gc.longest)}`),
    );
  if (memoryMaxBytes !== null) lines.push(row('memory', `up to ${size(memoryMaxBytes)} of heap on a PE`));
  if (queueMax !== null) lines.push(row('queue', `up to ${count(queueMax, 'message')}`));
  for (const span of spans.filter(({ kind }) => kind === 'user').slice(0, rowsMax))
    lines.push(
      row(
        'bracket',
        `${clean(span.name)}: ${span.count} x, ${duration(span.seconds)}, longest ${duration(span.longest)}`,
      ),
    );
  for (const event of events.slice(0, rowsMax)) lines.push(row('event', `${clean(event.name)}: ${event.count} x`));
  return lines;
}

function entryTable({ entries }: TraceSummary): string[] {
  const head = ['entry method', 'share', 'time', 'times', 'mean', 'p50', 'p99', 'max', 'queue p50', 'p99', 'bytes p50'];
  const rows = entries
    .slice(0, entriesMax)
    .map(({ name, share, seconds, executions, duration: times, queueWait, messageBytes }) => [
      clean(name),
      percent(share),
      duration(seconds),
      String(executions),
      ...[times.mean, times.p50, times.p99, times.max, queueWait.p50, queueWait.p99].map(duration),
      messageBytes.p50 === null ? '-' : size(messageBytes.p50),
    ]);
  const lines = table([head, ...rows]);
  if (entries.length > entriesMax) lines.push(`and ${entries.length - entriesMax} more (--json has all)`);
  return lines;
}

function callTable({ calls }: TraceSummary): string[] {
  if (calls.length === 0) return [];
  const head = ['who sends', 'to', 'messages', 'between PEs', 'bytes', 'mean latency'];
  const rows = calls
    .slice(0, rowsMax)
    .map(({ from, to, messages, remote, bytes, meanLatency }) => [
      clean(from),
      clean(to),
      String(messages),
      String(remote),
      size(bytes),
      duration(meanLatency),
    ]);
  return table([head, ...rows], 2);
}

function outlierTable({ longExecutions }: TraceSummary): string[] {
  if (longExecutions.length === 0) return [];
  const head = ['unusually long', 'PE', 'at', 'took', 'median'];
  const rows = longExecutions
    .slice(0, rowsMax)
    .map(({ entry, pe, begin, seconds, median }) => [
      clean(entry),
      String(pe),
      duration(begin),
      duration(seconds),
      duration(median),
    ]);
  return ['', ...table([head, ...rows])];
}

function differenceText(summaries: readonly TraceSummary[]): string {
  const [first] = summaries;
  const lines = summaries
    .slice(1)
    .map((other, i) =>
      row(
        'comparison',
        `run 0 took ${duration(first!.seconds)}, run ${i + 1} ${duration(other.seconds)} (${signed(other.seconds, first!.seconds)})`,
      ),
    );
  const head = ['entry method', 'run', 'time 0', 'time', 'change', 'times 0', 'times'];
  const rows = differences(summaries)
    .slice(0, entriesMax)
    .map(({ name, run, seconds, executions }) => [
      clean(name),
      String(run),
      duration(seconds[0]),
      duration(seconds[1]),
      signed(seconds[1], seconds[0]),
      ...executions.map(String),
    ]);
  return `${[...lines, '', ...table([head, ...rows])].join('\n')}\n`;
}

function signed(value: number, base: number): string {
  if (base === 0) return 'new';
  const change = value / base - 1;
  return `${change >= 0 ? '+' : ''}${percent(change)}`;
}
