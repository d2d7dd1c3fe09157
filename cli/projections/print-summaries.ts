/** Prints runs of which only a summary was kept (`--trace-summary`, or Charm++'s): there are no single messages in it. */
import {
  describeProblem,
  type EntryTotals,
  type FoundSummary,
  foldSummary,
  imbalance,
  type RunSummary,
} from '../../projections/index.ts';
import { clean, count, duration, percent, row, table } from './text.ts';

const entriesMax = 12;
const pesMax = 8;
const columnsMax = 60;
const binsMax = 1000;
const blocks = ' ▁▂▃▄▅▆▇█';

export async function printSummaries(found: readonly FoundSummary[], isJson: boolean): Promise<void> {
  const runs: RunSummary[] = [];
  for (const one of found) runs.push(await foldSummary(one));
  if (!isJson) {
    process.stdout.write(runs.map(textOf).join('\n'));
    return;
  }
  const values = runs.map(jsonOf);
  process.stdout.write(`${JSON.stringify(values.length === 1 ? values[0] : { runs: values }, undefined, 1)}\n`);
}

interface Totals {
  readonly seconds: number;
  readonly time: { readonly busy: number; readonly idle: number; readonly overhead: number };
  readonly imbalance: number;
}

function totalsOf({ perPe }: RunSummary): Totals {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const [busy, idle] = [sum(perPe.map((pe) => pe.busy)), sum(perPe.map((pe) => pe.idle))];
  const overhead = Math.max(0, sum(perPe.map((pe) => pe.seconds)) - busy - idle);
  return {
    seconds: Math.max(...perPe.map((pe) => pe.seconds)),
    time: { busy, idle, overhead },
    imbalance: imbalance(Float64Array.from(perPe, (pe) => pe.busy)),
  };
}

/** At most `most` bins: neighbours become one, by `merge` of their sum and number. */
function coarser(values: readonly number[], by: number, merge: (sum: number, bins: number) => number): number[] {
  return Array.from({ length: Math.ceil(values.length / by) }, (_, i) => {
    const part = values.slice(i * by, (i + 1) * by);
    return merge(
      part.reduce((sum, value) => sum + value, 0),
      part.length,
    );
  });
}

const mean = (sum: number, bins: number): number => sum / bins;
const total = (sum: number): number => sum;

function jsonOf(run: RunSummary): object {
  const { name, info, perPe, entries, utilisation, idle, binSeconds, problems } = run;
  const by = Math.ceil(utilisation.length / binsMax);
  return {
    name,
    kind: 'summary',
    run: info.run,
    pes: info.pes,
    nodes: new Set(info.nodeOf).size,
    ...totalsOf(run),
    perPe: perPe.map((pe) => ({ ...pe, overhead: Math.max(0, pe.seconds - pe.busy - pe.idle) })),
    entries: entries.map(({ binned, ...entry }) => ({ ...entry, mean: entry.seconds / entry.executions })),
    overTime: {
      binSeconds: binSeconds * by,
      utilisation: coarser(utilisation, by, mean),
      idle: coarser(idle, by, mean),
      entries: entries
        .filter(({ binned }) => binned.length > 0)
        .map(({ name, binned }) => ({ name, seconds: coarser(binned, by, total) })),
    },
    problems: problems.map(describeProblem),
  };
}

function textOf(run: RunSummary): string {
  const { name, info, perPe, problems } = run;
  const { seconds, time, imbalance: ratio } = totalsOf(run);
  const all = time.busy + time.idle + time.overhead;
  const share = (part: number): string => percent(all === 0 ? 0 : part / all);
  const nodes = new Set(info.nodeOf).size;
  const lines = [
    row('summary', `${name}: ${count(info.pes, 'PE')} in ${count(nodes, 'node')}, ${duration(seconds)}`),
    row('time', `busy ${share(time.busy)}, idle ${share(time.idle)}, overhead ${share(time.overhead)} of all PEs`),
    row('balance', `busiest PE over mean ${ratio.toFixed(2)}`),
    row('utilisation', overTime(run)),
    '',
    ...entryTable(run.entries, all),
    '',
    ...peTable(perPe),
    ...problems.map((problem) => row('problem', clean(describeProblem(problem)))),
  ];
  return `${lines.join('\n')}\n`;
}

function overTime({ utilisation, binSeconds }: RunSummary): string {
  const by = Math.ceil(utilisation.length / columnsMax);
  const bars = coarser(utilisation, by, mean).map((share) => blocks[Math.round(share * (blocks.length - 1))]!);
  return `|${bars.join('')}| each ${duration(binSeconds * by)}`;
}

function entryTable(entries: readonly EntryTotals[], all: number): string[] {
  const head = ['entry method', 'share', 'time', 'times', 'mean', 'max'];
  const rows = entries
    .slice(0, entriesMax)
    .map(({ name, seconds, executions, longest }) => [
      clean(name),
      percent(all === 0 ? 0 : seconds / all),
      duration(seconds),
      String(executions),
      duration(seconds / executions),
      duration(longest),
    ]);
  const lines = table([head, ...rows]);
  if (entries.length > entriesMax) lines.push(`and ${entries.length - entriesMax} more (--json has all)`);
  return lines;
}

function peTable(perPe: RunSummary['perPe']): string[] {
  const sorted = [...perPe].sort((a, b) => b.busy - a.busy);
  const rows = sorted
    .slice(0, pesMax)
    .map(({ pe, busy, idle, seconds, executions }) => [
      `PE ${pe}`,
      percent(busy / seconds),
      percent(idle / seconds),
      String(executions),
    ]);
  const lines = table([['busiest PEs', 'busy', 'idle', 'executions'], ...rows]);
  if (sorted.length > pesMax) lines.push(`and ${sorted.length - pesMax} more (--json has all)`);
  return lines;
}
