/**
 * What a trace calls the classes and entry methods of a program: rows of its tables, equal on all PEs, since all have
 * the same registry.
 *
 * For each class, in the order of the registry: its constructor, its entry methods, those of the runtime. Then, as
 * methods of a chare `Charm`, `main`, and `reply`, the sending of a result to whoever waits for it.
 */
import { firstSystemId } from '../../core/message/entry-table.ts';
import type { ChareType, Registry } from '../../core/message/registry.ts';
import type { CollectionInfo, EntryInfo } from '../../projections/index.ts';

export class TraceLayout {
  readonly collections: readonly CollectionInfo[];
  readonly entries: readonly EntryInfo[];
  readonly main: number;
  readonly reply: number;
  /** By type: row of its constructor. */
  readonly #constructors: Int32Array;

  constructor({ types }: Registry) {
    const entries: EntryInfo[] = [];
    const add = (name: string, collection: number): number =>
      entries.push({ name, collection, id: entries.length }) - 1;
    this.#constructors = Int32Array.from(types, ({ id, table }) => {
      const row = add('constructor', id);
      for (const { name } of [...table.entries, ...table.system]) add(name, id);
      return row;
    });
    this.main = add('main', types.length);
    this.reply = add('reply', types.length);
    this.entries = entries;
    this.collections = [...types.map(({ name }) => name), 'Charm'].map((name) => ({ name, dimensions: -1 }));
  }

  constructorOf({ id }: ChareType): number {
    return this.#constructors[id]!;
  }

  entryOf({ id: type, table }: ChareType, entry: number): number {
    const row = this.#constructors[type]! + 1;
    return entry < firstSystemId ? row + entry : row + table.entries.length + entry - firstSystemId;
  }
}
