/** Finds executions by the name of their entry method or chare, and by how long they took. */
import { elementName, entryName, type Trace } from '../model/trace.ts';
import { choose, eachExecution, type Selection } from './selection.ts';

export interface SearchOptions extends Selection {
  /** Part of `Class::method` or `Class[index]`, in any case; empty finds all. */
  readonly text: string;
  /** Nanoseconds. */
  readonly durationMin?: number;
  /** Longest first, or in the order of time. */
  readonly order: 'time' | 'duration';
  readonly max: number;
}

export interface Found {
  readonly pe: Int32Array;
  readonly row: Uint32Array;
  readonly entry: Int32Array;
  readonly element: readonly string[];
  readonly begin: Float64Array;
  readonly duration: Float64Array;
  /** All that there are, also those beyond `max`. */
  readonly total: number;
}

interface Hit {
  readonly pe: number;
  readonly row: number;
  readonly entry: number;
  readonly element: number;
  readonly begin: number;
  readonly duration: number;
}

/** O(executions), and the names of all elements where the text is not that of an entry method. */
export function search(trace: Trace, { text, durationMin = 0, order, max, ...selection }: SearchOptions): Found {
  const wanted = text.toLowerCase();
  const isEntry = trace.info.entries.map((_, row) => entryName(trace.info, row).toLowerCase().includes(wanted));
  const names = new Map<number, boolean>();
  const isElement = (element: number): boolean => {
    let is = names.get(element);
    if (is === undefined) {
      is = element >= 0 && elementName(trace, element).toLowerCase().includes(wanted);
      names.set(element, is);
    }
    return is;
  };
  const compare =
    order === 'time'
      ? (a: Hit, b: Hit) => a.begin - b.begin || a.pe - b.pe
      : (a: Hit, b: Hit) => b.duration - a.duration || a.begin - b.begin;
  const hits: Hit[] = [];
  let total = 0;
  eachExecution(choose(trace, selection), ({ pe, executions }, row) => {
    const entry = executions.entry[row]!;
    const element = executions.element[row]!;
    const begin = executions.begin[row]!;
    const duration = executions.end[row]! - begin;
    if (duration < durationMin) return;
    if (wanted !== '' && isEntry[entry] !== true && !isElement(element)) return;
    total++;
    hits.push({ pe, row, entry, element, begin, duration });
    if (hits.length > 10 * max + 1000) hits.sort(compare).splice(max);
  });
  hits.sort(compare).splice(max);
  return {
    pe: Int32Array.from(hits, ({ pe }) => pe),
    row: Uint32Array.from(hits, ({ row }) => row),
    entry: Int32Array.from(hits, ({ entry }) => entry),
    element: hits.map(({ element }) => elementName(trace, element).slice(0, 200)),
    begin: Float64Array.from(hits, ({ begin }) => begin),
    duration: Float64Array.from(hits, ({ duration }) => duration),
    total,
  };
}
