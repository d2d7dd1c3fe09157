/**
 * What part of a trace is looked at: a window of time, some PEs, some entry methods, some chares. All analysis takes it,
 * so that all pictures and tables of a selection agree.
 *
 * Executions that reach over an edge of the window count with the part that lies inside.
 */
import { lowerBound } from '../model/columns.ts';
import { elementName, type PeTrace, type Trace, timeRange } from '../model/trace.ts';

export interface Selection {
  /** Nanoseconds; the whole run by default. */
  readonly begin?: number;
  readonly end?: number;
  readonly pes?: readonly number[];
  /** Rows of the entry table. */
  readonly entries?: readonly number[];
  /** Name of a collection (`Block`) or of an element (`Block[1,2]`). */
  readonly chare?: string;
}

/** The part of a selection that executions pass or not. */
export type Filter = { readonly [K in 'entries' | 'chare']?: Selection[K] | undefined };

/** A selection with everything looked up. */
export interface Chosen {
  readonly trace: Trace;
  readonly begin: number;
  readonly end: number;
  readonly pes: readonly PeTrace[];
  /** By entry row + 1, so that `none` has a place too; absent means all. */
  readonly entries: Uint8Array | undefined;
  /** By element row + 1; absent means all. */
  readonly elements: Uint8Array | undefined;
}

export function choose(trace: Trace, selection: Selection = {}): Chosen {
  const range = timeRange(trace);
  const wanted = selection.pes === undefined ? undefined : new Set(selection.pes);
  return {
    trace,
    begin: Math.max(range.begin, selection.begin ?? range.begin),
    end: Math.min(range.end, selection.end ?? range.end),
    pes: wanted === undefined ? trace.pes : trace.pes.filter(({ pe }) => wanted.has(pe)),
    entries: selection.entries === undefined ? undefined : mask(trace.info.entries.length, selection.entries),
    elements: selection.chare === undefined ? undefined : elementsNamed(trace, selection.chare),
  };
}

function mask(length: number, rows: readonly number[]): Uint8Array {
  const chosen = new Uint8Array(length + 1);
  for (const row of rows) if (row >= -1 && row < length) chosen[row + 1] = 1;
  return chosen;
}

/** Elements of a collection, or the one element, by their names. O(elements). */
export function elementsNamed(trace: Pick<Trace, 'info' | 'elements'>, name: string): Uint8Array {
  const { collection } = trace.elements;
  const chosen = new Uint8Array(collection.length + 1);
  const isCollection = trace.info.collections.map((one) => one.name === name);
  // A name with an index can only be of a collection with the text before it.
  const couldBe = trace.info.collections.map((one) => name.startsWith(`${one.name}[`));
  for (let row = 0; row < collection.length; row++) {
    const at = collection[row]!;
    if (isCollection[at] === true || (couldBe[at] === true && elementName(trace, row) === name)) chosen[row + 1] = 1;
  }
  return chosen;
}

/** The first execution of a PE that may reach into the time from `begin` on. O(log executions). */
export function firstExecution({ executions }: PeTrace, begin: number): number {
  const row = lowerBound(executions.begin, begin);
  return row > 0 && executions.end[row - 1]! > begin ? row - 1 : row;
}

/** Whether there is anything that must be passed. */
export function hasFilter({ entries, elements }: Chosen): boolean {
  return entries !== undefined || elements !== undefined;
}

/** The execution of a PE at a moment, or -1. O(log executions). */
export function executionAt({ executions }: PeTrace, time: number): number {
  const row = lowerBound(executions.begin, time);
  if (executions.begin[row] === time) return row;
  return row > 0 && executions.end[row - 1]! >= time ? row - 1 : -1;
}

/** Whether an execution passes the filters by entry method and chare. */
export function isChosen({ entries, elements }: Chosen, entry: number, element: number): boolean {
  return (entries === undefined || entries[entry + 1] === 1) && (elements === undefined || elements[element + 1] === 1);
}

export type ExecutionVisitor = (pe: PeTrace, row: number, from: number, to: number) => void;

/** Calls `visit` for every chosen execution, with the part of its time that lies in the window. */
export function eachExecution(chosen: Chosen, visit: ExecutionVisitor): void {
  const { begin, end } = chosen;
  for (const pe of chosen.pes) {
    const { executions } = pe;
    const rows = executions.begin.length;
    for (let row = firstExecution(pe, begin); row < rows && executions.begin[row]! <= end; row++) {
      if (!isChosen(chosen, executions.entry[row]!, executions.element[row]!)) continue;
      visit(pe, row, Math.max(begin, executions.begin[row]!), Math.min(end, executions.end[row]!));
    }
  }
}

/** Nanoseconds of a PE in the window: what busy, idle and overhead add up to. */
export function timeInWindow({ begin, end }: Chosen, pe: PeTrace): number {
  return Math.max(0, Math.min(end, pe.end) - Math.max(begin, pe.begin));
}

/** Idle time of a PE in the window. */
export function idleInWindow({ begin, end }: Chosen, { idles }: PeTrace): number {
  let sum = 0;
  for (let row = Math.max(0, lowerBound(idles.begin, begin) - 1); row < idles.begin.length; row++) {
    if (idles.begin[row]! > end) break;
    sum += Math.max(0, Math.min(end, idles.end[row]!) - Math.max(begin, idles.begin[row]!));
  }
  return sum;
}
