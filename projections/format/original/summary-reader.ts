/**
 * Reads the summary of a run: `.sum`, and `.sumd` where there is one, PE after PE, of which only sums over all PEs are
 * kept. PEs whose bins differ in width are brought to the widest: all widths of a run are one width doubled some times.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { TraceError, type TraceProblem } from '../../errors.ts';
import { entryName, type TraceInfo } from '../../model/trace.ts';
import { headSuffix } from '../own/layout.ts';

import { readSts } from './sts.ts';
import { type PeSummary, type PeSummaryDetail, readSummary, readSummaryDetail } from './summary.ts';
import { filesOf, findRun, type RunFiles } from './trace-files.ts';

export interface FoundSummary extends RunFiles {
  readonly path: string;
}

/** Values of one PE in a summary. */
export interface PeTotals {
  readonly pe: number;
  readonly seconds: number;
  readonly busy: number;
  readonly idle: number;
  readonly executions: number;
}

export interface EntryTotals {
  readonly name: string;
  readonly seconds: number;
  readonly executions: number;
  readonly longest: number;
  /** Seconds in each bin; empty if there are no `.sumd` files. */
  readonly binned: readonly number[];
}

/** All PEs together. Times are seconds. */
export interface RunSummary {
  readonly name: string;
  readonly info: TraceInfo;
  readonly binSeconds: number;
  readonly perPe: readonly PeTotals[];
  /** Those that ran, the most time first. */
  readonly entries: readonly EntryTotals[];
  /** Per bin, shares of the time of all PEs from 0 to 1, as exact as whole per cent are. */
  readonly utilisation: readonly number[];
  readonly idle: readonly number[];
  readonly problems: readonly TraceProblem[];
}

/** The summary at this path, if there is one and no whole trace. @throws TraceError */
export async function findSummary(path: string): Promise<FoundSummary | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return path.endsWith('.sum.sts') ? { ...(await filesOf(path)), path } : undefined;
  const names = await readdir(path);
  if (names.some((name) => name.endsWith(headSuffix)) || !names.some((name) => name.endsWith('.sts'))) return undefined;
  const run = await findRun(path);
  return run.logs.length === 0 && run.sums.length > 0 ? { ...run, path } : undefined;
}

/** Cost: O(bins times entry methods) for each PE. @throws TraceError if no PE can be read. */
export async function foldSummary(found: FoundSummary): Promise<RunSummary> {
  const { info, problems } = readSts(await readFile(found.sts, 'utf8'), basename(found.sts));
  const fold = new Fold(info);
  const details = new Map(found.sumDetails.map(({ pe, path }) => [pe, path]));
  for (const { pe, path } of found.sums) {
    try {
      const summary = readSummary(await readFile(path, 'utf8'), basename(path));
      const detailPath = details.get(pe);
      const detail =
        detailPath === undefined
          ? undefined
          : readSummaryDetail(await readFile(detailPath, 'utf8'), basename(detailPath));
      fold.add(pe, summary, detail);
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      problems.add({ file: basename(path), problem: error.message });
    }
  }
  if (fold.perPe.length === 0) throw new TraceError({ file: found.path }, 'holds no summary of a PE that can be read');
  if (fold.perPe.length < info.pes)
    problems.add({ file: found.name, problem: `there are summaries of ${fold.perPe.length} of ${info.pes} PEs` });
  return { name: found.name, info, ...fold.result(), problems: problems.problems };
}

/** Numbers per bin, of bins that can become wider. */
class Series {
  values: number[] = [];
  width = 0;

  widen(width: number): void {
    if (this.width === 0) this.width = width;
    if (width <= this.width) return;
    this.values = rebinned(this.values, this.width, width);
    this.width = width;
  }

  add(values: readonly number[], width: number): void {
    this.widen(width);
    const wider = width === this.width ? values : rebinned(values, width, this.width);
    for (const [bin, value] of wider.entries()) this.values[bin] = (this.values[bin] ?? 0) + value;
  }
}

/** Each bin goes where its middle lies. */
function rebinned(values: readonly number[], from: number, to: number): number[] {
  const sums = new Array<number>(Math.ceil((values.length * from) / to - 1e-9)).fill(0);
  for (const [bin, value] of values.entries())
    sums[Math.min(sums.length - 1, Math.floor(((bin + 0.5) * from) / to))]! += value;
  return sums;
}

interface EntrySums {
  us: number;
  calls: number;
  longestUs: number;
  readonly binned: Series;
}

class Fold {
  readonly perPe: PeTotals[] = [];
  readonly #info: TraceInfo;
  readonly #entries = new Map<number, EntrySums>();
  readonly #busy = new Series();
  readonly #idle = new Series();

  constructor(info: TraceInfo) {
    this.#info = info;
  }

  add(pe: number, summary: PeSummary, detail: PeSummaryDetail | undefined): void {
    const { bins, binSeconds, utilisation, idle, timeUs, calls, longestUs } = summary;
    const shareSum = (shares: readonly number[]): number => (sum(shares) * binSeconds) / 100;
    this.#busy.add(
      utilisation.map((share) => (share * binSeconds) / 100),
      binSeconds,
    );
    this.#idle.add(
      idle.map((share) => (share * binSeconds) / 100),
      binSeconds,
    );
    this.perPe.push({
      pe,
      seconds: bins * binSeconds,
      busy: sum(timeUs) / 1e6,
      idle: shareSum(idle),
      executions: sum(calls),
    });
    for (const [id, count] of calls.entries()) {
      if (count === 0) continue;
      const sums = this.#entryOf(id);
      sums.us += timeUs[id]!;
      sums.calls += count;
      sums.longestUs = Math.max(sums.longestUs, longestUs[id]!);
      if (detail === undefined || detail.entries <= id) continue;
      const row = detail.timeUs.slice(id * detail.bins, (id + 1) * detail.bins);
      sums.binned.add(
        row.map((us) => us / 1e6),
        detail.binSeconds,
      );
    }
  }

  #entryOf(id: number): EntrySums {
    let sums = this.#entries.get(id);
    if (sums === undefined) {
      sums = { us: 0, calls: 0, longestUs: 0, binned: new Series() };
      this.#entries.set(id, sums);
    }
    return sums;
  }

  result(): Pick<RunSummary, 'binSeconds' | 'perPe' | 'entries' | 'utilisation' | 'idle'> {
    const { width: binSeconds } = this.#busy;
    const rowOf = new Map(this.#info.entries.map(({ id }, row) => [id, row]));
    const entries = [...this.#entries].map(([id, { us, calls, longestUs, binned }]) => {
      binned.widen(binSeconds);
      const row = rowOf.get(id);
      const name = row === undefined ? `entry method ${id}` : entryName(this.#info, row);
      return { name, seconds: us / 1e6, executions: calls, longest: longestUs / 1e6, binned: binned.values };
    });
    entries.sort((a, b) => b.seconds - a.seconds || b.executions - a.executions);
    const all = binSeconds * this.perPe.length;
    const share = ({ values }: Series): number[] => values.map((seconds) => Math.min(1, seconds / all));
    return { binSeconds, perPe: this.perPe, entries, utilisation: share(this.#busy), idle: share(this.#idle) };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
