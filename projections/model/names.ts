/** Gives user events and statistics, which PEs have numbered each for itself, one number in the whole trace. */
import type { NameDefinition } from './recorder.ts';
import { pointKinds, spanKinds } from './schema.ts';
import type { CollectionInfo, NamedId, PeTrace, TraceInfo } from './trace.ts';

export interface NamedPe {
  readonly trace: PeTrace;
  readonly names: readonly NameDefinition[];
}

const eventSpans = new Set([spanKinds.indexOf('user'), spanKinds.indexOf('note')]);
const userEvent = pointKinds.indexOf('userEvent');
const userStat = pointKinds.indexOf('userStat');

/** The head with the names that PEs have added. Changes numbers in the traces of the PEs. */
export function joinNames(info: TraceInfo, pes: readonly NamedPe[]): TraceInfo {
  if (pes.every(({ names }) => names.length === 0)) return info;
  const events = new NameTable(info.userEvents);
  const stats = new NameTable(info.userStats);
  const collections: CollectionInfo[] = [...info.collections];
  for (const { trace, names } of pes) {
    const eventOf = new Map<number, number>();
    const statOf = new Map<number, number>();
    for (const name of names) {
      if (name.kind === 'event') eventOf.set(name.id, events.idOf(name.name));
      else if (name.kind === 'stat') statOf.set(name.id, stats.idOf(name.name));
      else if (name.kind === 'dimensions') setDimensions(collections, name.id, name.dimensions);
    }
    const { spans, points } = trace;
    for (let row = 0; row < spans.kind.length; row++)
      if (eventSpans.has(spans.kind[row]!)) spans.id[row] = eventOf.get(spans.id[row]!) ?? spans.id[row]!;
    for (let row = 0; row < points.kind.length; row++) {
      if (points.kind[row] === userEvent) points.id[row] = eventOf.get(points.id[row]!) ?? points.id[row]!;
      if (points.kind[row] === userStat) points.id[row] = statOf.get(points.id[row]!) ?? points.id[row]!;
    }
  }
  return { ...info, collections, userEvents: events.names, userStats: stats.names };
}

/** A class may be used for arrays of several shapes; the one with the most dimensions counts. */
function setDimensions(collections: CollectionInfo[], row: number, dimensions: number): void {
  const known = collections[row];
  if (known !== undefined && known.dimensions < dimensions) collections[row] = { ...known, dimensions };
}

class NameTable {
  readonly names: NamedId[];
  readonly #ids = new Map<string, number>();
  #next = 1;

  constructor(known: readonly NamedId[]) {
    this.names = [...known];
    for (const { id, name } of known) {
      this.#ids.set(name, id);
      this.#next = Math.max(this.#next, id + 1);
    }
  }

  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#next++;
    this.#ids.set(name, id);
    this.names.push({ id, name });
    return id;
  }
}
