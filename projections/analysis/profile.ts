/** Where the time went: by entry method, and by entry method and PE (the usage profile of the original viewer). */
import { none, spanKinds } from '../model/schema.ts';
import type { Trace } from '../model/trace.ts';
import { type Chosen, choose, eachExecution, idleInWindow, type Selection, timeInWindow } from './selection.ts';

/** One row an entry method that was executed, longest total first. Times are nanoseconds. */
export interface EntryProfile {
  readonly entry: Int32Array;
  readonly busy: Float64Array;
  readonly count: Float64Array;
  readonly longest: Float64Array;
  /** All PEs together, in the window: busy (of what is chosen) + idle + rest = time. */
  readonly time: number;
  readonly totalBusy: number;
  readonly idle: number;
  readonly pes: number;
}

export function entryProfile(trace: Trace, selection: Selection = {}): EntryProfile {
  const chosen = choose(trace, selection);
  const entries = trace.info.entries.length + 1;
  const busy = new Float64Array(entries);
  const count = new Float64Array(entries);
  const longest = new Float64Array(entries);
  eachExecution(chosen, ({ executions }, row, from, to) => {
    const at = executions.entry[row]! + 1;
    busy[at]! += to - from;
    count[at]!++;
    longest[at] = Math.max(longest[at]!, executions.end[row]! - executions.begin[row]!);
  });
  const order = Array.from(count.keys()).filter((at) => count[at]! > 0);
  order.sort((a, b) => busy[b]! - busy[a]! || a - b);
  return {
    entry: Int32Array.from(order, (at) => at - 1),
    busy: Float64Array.from(order, (at) => busy[at]!),
    count: Float64Array.from(order, (at) => count[at]!),
    longest: Float64Array.from(order, (at) => longest[at]!),
    time: sumOver(chosen, timeInWindow),
    totalBusy: busy.reduce((sum, one) => sum + one, 0),
    idle: sumOver(chosen, idleInWindow),
    pes: chosen.pes.length,
  };
}

function sumOver(chosen: Chosen, value: (chosen: Chosen, pe: Chosen['pes'][number]) => number): number {
  return chosen.pes.reduce((sum, pe) => sum + value(chosen, pe), 0);
}

/** One row a PE; `busy` and `count` are PEs x entries. */
export interface UsageProfile {
  readonly pe: Int32Array;
  /** Those that were executed, longest total first. */
  readonly entry: Int32Array;
  readonly busy: Float64Array;
  readonly count: Float64Array;
  /** Time in the window, and what of it was idle; packing and unpacking lie inside of executions or between them. */
  readonly time: Float64Array;
  readonly idle: Float64Array;
  readonly pack: Float64Array;
  readonly unpack: Float64Array;
  /** Sends made, and messages executed. */
  readonly sent: Float64Array;
  readonly received: Float64Array;
}

const [packKind, unpackKind] = [spanKinds.indexOf('pack'), spanKinds.indexOf('unpack')];

export function usageProfile(trace: Trace, selection: Selection = {}): UsageProfile {
  const chosen = choose(trace, selection);
  const { entry } = entryProfile(trace, selection);
  const place = new Int32Array(trace.info.entries.length + 1);
  for (const [i, row] of entry.entries()) place[row + 1] = i;
  const rowOf = new Map(chosen.pes.map(({ pe }, row) => [pe, row]));
  const pes = chosen.pes.length;
  const busy = new Float64Array(pes * entry.length);
  const count = new Float64Array(busy.length);
  const sent = new Float64Array(pes);
  const received = new Float64Array(pes);
  eachExecution(chosen, ({ pe, executions }, row, from, to) => {
    const at = rowOf.get(pe)!;
    const cell = at * entry.length + place[executions.entry[row]! + 1]!;
    busy[cell]! += to - from;
    count[cell]!++;
    sent[at]! += executions.sends[row]!;
    if (executions.source[row] !== none) received[at]!++;
  });
  return {
    pe: Int32Array.from(chosen.pes, ({ pe }) => pe),
    entry,
    busy,
    count,
    time: Float64Array.from(chosen.pes, (pe) => timeInWindow(chosen, pe)),
    idle: Float64Array.from(chosen.pes, (pe) => idleInWindow(chosen, pe)),
    pack: Float64Array.from(chosen.pes, (pe) => spanTime(chosen, pe, packKind)),
    unpack: Float64Array.from(chosen.pes, (pe) => spanTime(chosen, pe, unpackKind)),
    sent,
    received,
  };
}

function spanTime({ begin, end }: Chosen, { spans }: Chosen['pes'][number], kind: number): number {
  let sum = 0;
  for (let row = 0; row < spans.begin.length && spans.begin[row]! <= end; row++)
    if (spans.kind[row] === kind)
      sum += Math.max(0, Math.min(end, spans.end[row]!) - Math.max(begin, spans.begin[row]!));
  return sum;
}
