/** What the comparison of two runs shows: asked for in both, and put side by side. */
import { compareProfiles, type Difference, joinProfiles, type NamedProfile } from '../../../analysis/compare.ts';
import type { LoadBalance } from '../../../analysis/load-balance.ts';
import type { EntryProfile, UsageProfile } from '../../../analysis/profile.ts';
import type { Selection } from '../../../analysis/selection.ts';
import type { TimeProfile } from '../../../analysis/time-profile.ts';
import type { TraceSource, ViewInfo } from '../../protocol.ts';

export type CompareRows = 'entries' | 'pes' | 'phases' | 'totals' | 'time';

export interface Run {
  readonly name: string;
  readonly info: ViewInfo;
  readonly profile: EntryProfile;
  /** With `time`: the busy share in each of equal parts of the run. */
  readonly curve: readonly number[];
}

export interface Comparison {
  readonly rows: CompareRows;
  readonly runs: readonly [Run, Run];
  readonly differences: readonly Difference[];
}

export const curveColumns = 200;

/** One of the two runs, and what of it is compared. */
export interface Side {
  readonly name: string;
  readonly source: TraceSource;
  readonly info: ViewInfo;
  readonly selection: Selection;
}

export async function compareRuns(sides: readonly [Side, Side], rows: CompareRows): Promise<Comparison> {
  const [first, second] = await Promise.all(sides.map((side) => readSide(side, rows)));
  const pair = [first!.named, second!.named] as const;
  const differences = rows === 'entries' ? compareProfiles(...pair) : joinProfiles(...pair);
  return { rows, runs: [first!.run, second!.run], differences };
}

async function readSide(
  { name, source, info, selection }: Side,
  rows: CompareRows,
): Promise<{ readonly run: Run; readonly named: NamedProfile }> {
  const profile = await source.ask('profile', selection);
  const usage = rows === 'pes' || rows === 'totals' ? await source.ask('usage', selection) : undefined;
  const curve =
    rows === 'time' ? curveOf(await source.ask('timeProfile', { ...selection, columns: curveColumns })) : [];
  const run = { name, info, profile, curve };
  if (usage !== undefined) return { run, named: rows === 'pes' ? byPe(usage) : totals(usage) };
  if (rows === 'phases') return { run, named: byPhase(await source.ask('loadBalance', selection), info) };
  return { run, named: rows === 'entries' ? byEntry(profile, info) : { names: [], busy: [], count: [] } };
}

function byEntry({ entry, busy, count }: EntryProfile, { entries }: ViewInfo): NamedProfile {
  return { names: Array.from(entry, (row) => entries[row]?.name ?? '(none)'), busy, count };
}

/** Of a matrix of PEs x entry methods. */
function rowSum({ entry }: UsageProfile, values: Float64Array, pe: number): number {
  return values.subarray(pe * entry.length, (pe + 1) * entry.length).reduce((sum, one) => sum + one, 0);
}

function byPe(usage: UsageProfile): NamedProfile {
  return {
    names: Array.from(usage.pe, (pe) => `PE ${pe}`),
    busy: Array.from(usage.pe, (_, at) => rowSum(usage, usage.busy, at)),
    count: Array.from(usage.pe, (_, at) => rowSum(usage, usage.count, at)),
  };
}

function totals(usage: UsageProfile): NamedProfile {
  const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, one) => total + one, 0);
  const [time, busy, idle] = [sum(usage.time), sum(usage.busy), sum(usage.idle)];
  const longest = Math.max(0, ...Array.from(usage.pe, (_, at) => rowSum(usage, usage.busy, at)));
  return {
    names: ['busy, all PEs', 'idle, all PEs', 'overhead, all PEs', 'busiest PE', 'messages sent', 'messages executed'],
    busy: [busy, idle, Math.max(0, time - busy - idle), longest, 0, 0],
    count: [sum(usage.count), 0, 0, 0, sum(usage.sent), sum(usage.received)],
  };
}

/** How long each phase between balancing steps took, and how many elements were moved at its end. */
function byPhase({ steps }: LoadBalance, { begin, end }: ViewInfo): NamedProfile {
  const lengths = steps.map((step) => Math.max(0, step.begin - step.phaseBegin));
  const last = steps.at(-1);
  return {
    names: [...lengths, 0].map((_, i) => `phase ${i + 1}`),
    busy: [...lengths, last === undefined ? end - begin : Math.max(0, last.phaseEnd - last.end)],
    count: [...steps.map(({ moves }) => moves.to.length), 0],
  };
}

function curveOf({ grid, entry, busy, other, available }: TimeProfile): number[] {
  return Array.from({ length: grid.count }, (_, column) => {
    let sum = other[column]!;
    for (let i = 0; i < entry.length; i++) sum += busy[i * grid.count + column]!;
    return sum / Math.max(1, available[column]!);
  });
}
