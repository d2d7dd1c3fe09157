/** Writes the summary files of a trace: `.sum.sts`, and a `.sum` and a `.sumd` for each PE. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BinGrid, binOf, cover } from '../../analysis/bins.ts';
import { type PeTrace, type Trace, type TraceInfo, timeRange } from '../../model/trace.ts';
import type { WriteOptions } from '../options.ts';
import { privateFile, privateFolder } from '../private-files.ts';
import { foreignNames } from './names.ts';
import { stsText } from './sts-writer.ts';
import { type PeSummary, type PeSummaryDetail, type SummaryHead, summaryDetailText, summaryText } from './summary.ts';

/** As the original: bins of 1 ms, twice as wide until there are no more than these. */
const binNs = 1e6;
const binsMax = 60_000;
/** Bins times entry methods of a `.sumd`. */
const detailMax = 10_000_000;

export async function writeSummary(trace: Trace, directory: string, options: WriteOptions = {}): Promise<void> {
  await mkdir(directory, privateFolder);
  const { info, name } = trace;
  const grid = summaryGrid(timeRange(trace).end, entryCount(info));
  await writeFile(join(directory, `${name}.sum.sts`), stsText(info, foreignNames(info, trace.pes), true), privateFile);
  for (const [done, pe] of trace.pes.entries()) {
    await writeFile(join(directory, `${name}.${pe.pe}.sum`), summaryText(summaryOf(pe, info, grid)), privateFile);
    const detail = summaryDetailText(summaryDetailOf(pe, info, grid));
    await writeFile(join(directory, `${name}.${pe.pe}.sumd`), detail, privateFile);
    options.onProgress?.(done + 1, trace.pes.length);
  }
}

/** The table that goes with summaries which a run writes itself; user events are not in them. */
export function summaryTableText(info: TraceInfo): string {
  return stsText(info, { eventOf: new Map(), statOf: new Map() }, true);
}

/** Bins from the start of the run, for all PEs alike. */
export function summaryGrid(endNs: number, entries: number): BinGrid {
  let width = binNs;
  const countOf = (): number => Math.max(1, Math.ceil(endNs / width));
  while (countOf() > binsMax || countOf() * entries > detailMax) width *= 2;
  return { begin: 0, width, count: countOf() };
}

/** Lists go by the numbers of entry methods. */
function entryCount(info: TraceInfo): number {
  return info.entries.reduce((max, { id }) => Math.max(max, id), 0) + 1;
}

function headOf(pe: PeTrace, info: TraceInfo, grid: BinGrid): SummaryHead {
  return { pe: pe.pe, pes: info.pes, bins: grid.count, entries: entryCount(info), binSeconds: grid.width / 1e9 };
}

export function summaryOf(pe: PeTrace, info: TraceInfo, grid: BinGrid): PeSummary {
  const { executions, idles } = pe;
  const busy = new Float64Array(grid.count);
  const idle = new Float64Array(grid.count);
  const entries = entryCount(info);
  const time = new Float64Array(entries);
  const calls = new Float64Array(entries);
  const longest = new Float64Array(entries);
  for (let row = 0; row < executions.begin.length; row++) {
    const begin = executions.begin[row]!;
    const end = executions.end[row]!;
    cover(grid, busy, 0, begin, end);
    const id = info.entries[executions.entry[row]!]?.id;
    if (id === undefined) continue;
    time[id]! += end - begin;
    calls[id]!++;
    longest[id] = Math.max(longest[id]!, end - begin);
  }
  for (let row = 0; row < idles.begin.length; row++) cover(grid, idle, 0, idles.begin[row]!, idles.end[row]!);
  const percents = (bins: Float64Array): number[] => Array.from(bins, (ns) => Math.round((100 * ns) / grid.width));
  return {
    ...headOf(pe, info, grid),
    utilisation: percents(busy),
    idle: percents(idle),
    timeUs: wholeUs(time),
    calls: Array.from(calls),
    longestUs: wholeUs(longest),
  };
}

export function summaryDetailOf(pe: PeTrace, info: TraceInfo, grid: BinGrid): PeSummaryDetail {
  const { executions } = pe;
  const time = new Float64Array(grid.count * entryCount(info));
  const calls = new Float64Array(time.length);
  for (let row = 0; row < executions.begin.length; row++) {
    const id = info.entries[executions.entry[row]!]?.id;
    if (id === undefined) continue;
    cover(grid, time, id * grid.count, executions.begin[row]!, executions.end[row]!);
    const bin = binOf(grid, executions.begin[row]!);
    if (bin >= 0) calls[id * grid.count + bin]!++;
  }
  return { ...headOf(pe, info, grid), timeUs: wholeUs(time), calls: Array.from(calls) };
}

function wholeUs(ns: Float64Array): number[] {
  return Array.from(ns, (value) => Math.round(value / 1000));
}
