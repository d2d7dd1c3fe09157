/** How the PEs' time was used, over time: one column a piece of time, all PEs together. */
import type { Trace } from '../model/trace.ts';
import { type BinGrid, cover, gridOf } from './bins.ts';
import { entryProfile } from './profile.ts';
import { choose, eachExecution, type Selection } from './selection.ts';

export interface TimeProfile {
  readonly grid: BinGrid;
  /** Longest total first; what is beyond `entriesMax` is together in `other`. */
  readonly entry: Int32Array;
  /** Entries x columns, nanoseconds. */
  readonly busy: Float64Array;
  readonly other: Float64Array;
  readonly idle: Float64Array;
  /** What there was: PEs times the column's width, where PEs were running. */
  readonly available: Float64Array;
}

export function timeProfile(trace: Trace, selection: Selection, columns: number, entriesMax = 20): TimeProfile {
  const chosen = choose(trace, selection);
  const grid = gridOf(chosen.begin, chosen.end, columns);
  const entry = entryProfile(trace, selection).entry.slice(0, entriesMax);
  const place = new Int32Array(trace.info.entries.length + 1).fill(-1);
  for (const [i, row] of entry.entries()) place[row + 1] = i;
  const busy = new Float64Array(entry.length * grid.count);
  const other = new Float64Array(grid.count);
  eachExecution(chosen, ({ executions }, row, from, to) => {
    const at = place[executions.entry[row]! + 1]!;
    if (at < 0) cover(grid, other, 0, from, to);
    else cover(grid, busy, at * grid.count, from, to);
  });
  const idle = new Float64Array(grid.count);
  const available = new Float64Array(grid.count);
  for (const { idles, begin, end } of chosen.pes) {
    cover(grid, available, 0, Math.max(begin, chosen.begin), Math.min(end, chosen.end));
    for (let row = 0; row < idles.begin.length && idles.begin[row]! <= chosen.end; row++)
      if (idles.end[row]! > chosen.begin) cover(grid, idle, 0, idles.begin[row]!, idles.end[row]!);
  }
  return { grid, entry, busy, other, idle, available };
}
