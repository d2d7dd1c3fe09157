/**
 * What the program itself recorded: events, brackets, statistics and notes; and what the runtime did beside executing. With
 * a filter by entry method or chare: what was recorded in executions that pass it, and the moves of elements that do.
 */
import { codeOf, none, pointKinds, spanKinds } from '../model/schema.ts';
import type { PeTrace, Trace } from '../model/trace.ts';
import { type Chosen, choose, executionAt, hasFilter, isChosen, type Selection } from './selection.ts';

export interface UserEvents {
  /** Brackets by user event and PE, and spans of the runtime by kind. */
  readonly spans: readonly SpanTotal[];
  readonly points: readonly { readonly id: number; readonly name: string; readonly count: number }[];
  readonly stats: readonly StatSeries[];
  readonly notes: readonly { readonly pe: number; readonly time: number; readonly text: string }[];
}

export interface SpanTotal {
  readonly kind: string;
  readonly id: number;
  readonly name: string;
  readonly count: number;
  readonly total: number;
  readonly longest: number;
  /** Nanoseconds by PE of the selection. */
  readonly byPe: Float64Array;
}

/** Values over time: of user statistics, memory, queue length. */
export interface StatSeries {
  readonly name: string;
  readonly pe: Int32Array;
  readonly time: Float64Array;
  readonly value: Float64Array;
}

const seriesMax = 20_000;
const notesMax = 2000;
const [userEvent, userStat, note] = [
  codeOf(pointKinds, 'userEvent'),
  codeOf(pointKinds, 'userStat'),
  codeOf(pointKinds, 'note'),
];
const valued = new Map([
  [codeOf(pointKinds, 'memory'), 'memory (bytes)'],
  [codeOf(pointKinds, 'queueLength'), 'queue length'],
  [codeOf(pointKinds, 'userValue'), 'user value'],
]);

export function userEvents(trace: Trace, selection: Selection = {}): UserEvents {
  const chosen = choose(trace, selection);
  const { begin, end, pes } = chosen;
  const eventName = (id: number): string => trace.info.userEvents.find((one) => one.id === id)?.name ?? `event ${id}`;
  const statName = (id: number): string => trace.info.userStats.find((one) => one.id === id)?.name ?? `statistic ${id}`;
  const spans = new Map<string, { -readonly [K in keyof SpanTotal]: SpanTotal[K] }>();
  const points = new Map<number, number>();
  const series = new Map<string, { pe: number[]; time: number[]; value: number[] }>();
  const notes: { pe: number; time: number; text: string }[] = [];
  for (const [at, tables] of pes.entries()) {
    const { pe, spans: all } = tables;
    for (let row = 0; row < all.kind.length && all.begin[row]! <= end; row++) {
      const length = Math.min(end, all.end[row]!) - Math.max(begin, all.begin[row]!);
      if (length < 0 || !isSpanChosen(chosen, tables, row)) continue;
      const kind = spanKinds[all.kind[row]!] ?? '';
      const isNamed = kind === 'user' || kind === 'note';
      const id = isNamed ? all.id[row]! : -1;
      const key = `${kind}.${id}`;
      let total = spans.get(key);
      if (total === undefined) {
        const name = isNamed ? eventName(id) : kind;
        total = { kind, id, name, count: 0, total: 0, longest: 0, byPe: new Float64Array(pes.length) };
        spans.set(key, total);
      }
      total.count++;
      total.total += length;
      total.longest = Math.max(total.longest, all.end[row]! - all.begin[row]!);
      total.byPe[at]! += length;
    }
    const { kind, time, id, value } = tables.points;
    for (let row = 0; row < kind.length && time[row]! <= end; row++) {
      if (time[row]! < begin || !isMomentChosen(chosen, tables, time[row]!)) continue;
      if (kind[row] === userEvent) points.set(id[row]!, (points.get(id[row]!) ?? 0) + 1);
      else if (kind[row] === note) {
        if (notes.length < notesMax)
          notes.push({ pe, time: time[row]!, text: (tables.texts[value[row]!] ?? '').slice(0, 500) });
      } else {
        const name = kind[row] === userStat ? statName(id[row]!) : valued.get(kind[row]!);
        if (name === undefined) continue;
        const one = series.get(name) ?? { pe: [], time: [], value: [] };
        series.set(name, one);
        if (one.pe.length >= seriesMax) continue;
        one.pe.push(pe);
        one.time.push(time[row]!);
        one.value.push(value[row]!);
      }
    }
  }
  return {
    spans: [...spans.values()].sort((a, b) => b.total - a.total),
    points: [...points].map(([id, count]) => ({ id, name: eventName(id), count })).sort((a, b) => b.count - a.count),
    stats: [...series].map(([name, one]) => ({
      name,
      pe: Int32Array.from(one.pe),
      time: Float64Array.from(one.time),
      value: Float64Array.from(one.value),
    })),
    notes: notes.sort((a, b) => a.time - b.time),
  };
}

/** Moves belong to their element, everything else to the execution that it was in. */
function isSpanChosen(chosen: Chosen, pe: PeTrace, row: number): boolean {
  const { spans } = pe;
  if (!hasFilter(chosen)) return true;
  const element = spans.element[row]!;
  if (element !== none && chosen.entries === undefined) return isChosen(chosen, none, element);
  return isMomentChosen(chosen, pe, spans.begin[row]!);
}

function isMomentChosen(chosen: Chosen, pe: PeTrace, time: number): boolean {
  if (!hasFilter(chosen)) return true;
  const row = executionAt(pe, time);
  return row >= 0 && isChosen(chosen, pe.executions.entry[row]!, pe.executions.element[row]!);
}
