/**
 * A trace in memory: what the run was, its tables of names, and the records of each PE. Plain data; whatever it was
 * read from, analysis and export see only this. Strings in it come from files and may be anything: show them as text.
 */
import type { TraceProblem } from '../errors.ts';
import type { Columns } from './columns.ts';
import type { Schemas } from './schema.ts';

/** What is known of the run. Absent means not known. */
export interface RunInfo {
  readonly id?: string;
  readonly host?: string;
  readonly user?: string;
  readonly machine?: string;
  readonly commandLine?: string;
  /** ISO 8601, UTC. */
  readonly startedAt?: string;
  /** Of the runtime that ran it. */
  readonly runtimeVersion?: string;
}

export interface CollectionInfo {
  readonly name: string;
  /** 1 to 6 for arrays of that many dimensions; -1 for everything else. */
  readonly dimensions: number;
}

export interface EntryInfo {
  readonly name: string;
  /** Row of `collections`. */
  readonly collection: number;
  /** The number it has in the files. Numbers may have gaps; rows have none. */
  readonly id: number;
}

/** A name that the program gave to a user event or statistic. */
export interface NamedId {
  readonly id: number;
  readonly name: string;
}

/** The head of a trace: everything that does not grow with the length of the run. */
export interface TraceInfo {
  readonly run: RunInfo;
  readonly pes: number;
  /** Node of each PE. */
  readonly nodeOf: readonly number[];
  readonly collections: readonly CollectionInfo[];
  readonly entries: readonly EntryInfo[];
  readonly userEvents: readonly NamedId[];
  readonly userStats: readonly NamedId[];
}

type TableOf<K extends keyof Schemas> = Columns<Schemas[K]>;
export type Executions = TableOf<'executions'>;
export type Sends = TableOf<'sends'>;
export type Idles = TableOf<'idles'>;
export type Spans = TableOf<'spans'>;
export type Points = TableOf<'points'>;
export type Elements = TableOf<'elements'>;

/** All tables of one PE. Executions, idles and spans ascend by `begin`, sends and points by `time`. */
export interface PeTables {
  readonly executions: Executions;
  readonly sends: Sends;
  readonly idles: Idles;
  readonly spans: Spans;
  readonly points: Points;
  readonly destinations: TableOf<'destinations'>;
  /** Rows that `value` of notes names. */
  readonly texts: readonly string[];
}

export interface PeTrace extends PeTables {
  readonly pe: number;
  /** First and last moment that the PE recorded; nanoseconds. Nothing in its tables lies outside. */
  readonly begin: number;
  readonly end: number;
  /** The last execution never ended: it called exit, or the run crashed in it. Here it ends with the PE. */
  readonly isOpenAtEnd: boolean;
}

export interface ElementTable extends Elements {
  readonly texts: readonly string[];
}

export interface Trace {
  /** For messages: the base name of the files. */
  readonly name: string;
  readonly info: TraceInfo;
  /** Ascending by PE. PEs whose file is missing are missing. */
  readonly pes: readonly PeTrace[];
  readonly elements: ElementTable;
  readonly problems: readonly TraceProblem[];
}

/** From the first record of any PE to the last. */
export function timeRange(trace: Pick<Trace, 'pes'>): { readonly begin: number; readonly end: number } {
  let begin = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const pe of trace.pes) {
    begin = Math.min(begin, pe.begin);
    end = Math.max(end, pe.end);
  }
  return begin <= end ? { begin, end } : { begin: 0, end: 0 };
}

/** `Ring::pass`: how reports name an entry method. */
export function entryName(info: TraceInfo, entry: number): string {
  const found = info.entries[entry];
  if (found === undefined) return '(none)';
  const collection = info.collections[found.collection]?.name;
  return collection === undefined ? found.name : `${collection}::${found.name}`;
}

/** `Ring[3]`, `Grid[1,2]`, or just `Main`. */
export function elementName({ info, elements }: Pick<Trace, 'info' | 'elements'>, element: number): string {
  if (element < 0 || element >= elements.collection.length) return '(none)';
  const name = info.collections[elements.collection[element]!]?.name ?? '(unknown)';
  const key = elementIndex(elements, element);
  return key === '' ? name : `${name}[${key}]`;
}

/** The index as text, `1,2`; empty for a chare without one. */
export function elementIndex(elements: ElementTable, element: number): string {
  const text = elements.text[element]!;
  if (text >= 0) return elements.texts[text] ?? '';
  const { x0, x1, x2, x3, x4, x5 } = elements;
  return [x0, x1, x2, x3, x4, x5]
    .slice(0, elements.dimensions[element]!)
    .map((coordinate) => coordinate[element]!)
    .join(',');
}
