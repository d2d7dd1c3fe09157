/**
 * A distributed table: keys with values, dealt out to the PEs by a hash of the key.
 *
 *  1. A group has one part of the table on each PE. A `Table` names it: a plain value, which can be sent to any chare.
 *  2. An operation on one key is a message to the key's part. One on many is one message for each part that has some of them.
 *  3. Operations of one chare on one key happen in the order in which it asked for them.
 *
 * Not handled: a table does not shrink or grow with its PEs, and its parts do not migrate.
 */
import { Chare, type Charm, type GroupProxy, UsageError } from '../core/index.ts';

export type TableKey = string | number;

/** Entries that a step of an iteration brings from each PE. */
const pageEntries = 256;

export interface CreateTableOptions<K extends TableKey, V> {
  /** A part of your own, which the program exports: it says how `update` combines values. */
  readonly part?: new () => TablePart<K, V>;
}

/** Creates an empty table. The program exports the library's classes: `export * from 'charm4ts/data'`. */
export async function createTable<K extends TableKey, V>(
  charm: Charm,
  { part = TablePart<K, V> }: CreateTableOptions<K, V> = {},
): Promise<Table<K, V>> {
  return new Table<K, V>(await charm.group(part));
}

/** A distributed table. Can be sent to any chare. Each operation costs a message, and one back if it is awaited. */
export class Table<K extends TableKey, V> {
  readonly parts: GroupProxy<TablePart<K, V>>;

  constructor(parts: GroupProxy<TablePart<K, V>>) {
    this.parts = parts;
  }

  /** PE of a key. */
  placeOf(key: K): number {
    return hash(key) % this.parts.size;
  }

  /** Adds a value to those of the key. */
  insert(key: K, value: V): void {
    this.parts.at(this.placeOf(key)).insert(key, [value]);
  }

  /** Makes this the only value of the key. */
  set(key: K, value: V): void {
    this.parts.at(this.placeOf(key)).set(key, value);
  }

  /** Combines it with the key's value, as the table's part says; the first one stays as it is. */
  update(key: K, value: V): void {
    this.parts.at(this.placeOf(key)).update(key, value);
  }

  /** The values of a key, oldest first; none if there is no such key. */
  find(key: K): Promise<V[]> {
    return this.parts.at(this.placeOf(key)).ask.find(key) as Promise<V[]>;
  }

  /** Removes a key. How many values it had. */
  remove(key: K): Promise<number> {
    return this.parts.at(this.placeOf(key)).ask.remove(key);
  }

  /** The same for many, with one message for each PE. Resolves when all have been inserted. */
  async insertAll(entries: Iterable<readonly [K, V]>): Promise<void> {
    await this._deal(
      entries,
      ([key]) => key,
      (pe, some) => this.parts.at(pe).ask.insertAll(some),
    );
  }

  async updateAll(entries: Iterable<readonly [K, V]>): Promise<void> {
    await this._deal(
      entries,
      ([key]) => key,
      (pe, some) => this.parts.at(pe).ask.updateAll(some),
    );
  }

  /** The values of those keys that there are. */
  async findAll(keys: Iterable<K>): Promise<Map<K, V[]>> {
    const found = await this._deal(
      keys,
      (key) => key,
      (pe, some) => this.parts.at(pe).ask.findAll(some),
    );
    return new Map(found.flat() as [K, V[]][]);
  }

  /** How many of those keys there were. */
  async removeAll(keys: Iterable<K>): Promise<number> {
    const counts = await this._deal(
      keys,
      (key) => key,
      (pe, some) => this.parts.at(pe).ask.removeAll(some),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Number of keys. */
  async size(): Promise<number> {
    const sizes = await Promise.all(Array.from({ length: this.parts.size }, (_, pe) => this.parts.at(pe).ask.count()));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** All keys with their values, PE by PE. What others change meanwhile may be seen or not; no key comes twice. */
  async *entries(): AsyncGenerator<[K, V[]]> {
    for (let pe = 0; pe < this.parts.size; pe++) {
      const keys = (await this.parts.at(pe).ask.keys()) as K[];
      for (let from = 0; from < keys.length; from += pageEntries)
        yield* (await this.parts.at(pe).ask.findAll(keys.slice(from, from + pageEntries))) as [K, V[]][];
    }
  }

  /** Gathers insertions and updates, to be sent `size` at a time to each PE. Call its `flush` at the end. */
  batch(size = 256): TableBatch<K, V> {
    return new TableBatch(this, size);
  }

  _deal<T, R>(items: Iterable<T>, keyOf: (item: T) => K, send: (pe: number, items: T[]) => Promise<R>): Promise<R[]> {
    const dealt = new Map<number, T[]>();
    for (const item of items) {
      const pe = this.placeOf(keyOf(item));
      const hand = dealt.get(pe);
      if (hand === undefined) dealt.set(pe, [item]);
      else hand.push(item);
    }
    return Promise.all([...dealt].map(([pe, hand]) => send(pe, hand)));
  }
}

/** Insertions and updates that wait to be sent together. */
export class TableBatch<K extends TableKey, V> {
  readonly table: Table<K, V>;
  readonly size: number;
  private readonly inserts = new Map<number, [K, V][]>();
  private readonly updates = new Map<number, [K, V][]>();

  constructor(table: Table<K, V>, size: number) {
    if (!Number.isInteger(size) || size < 1) throw new UsageError(`a batch has a size from 1 on, not ${size}`);
    this.table = table;
    this.size = size;
  }

  insert(key: K, value: V): void {
    const pe = this.table.placeOf(key);
    if (this._add(this.inserts, pe, key, value)) this.table.parts.at(pe).insertAll(this._take(this.inserts, pe));
  }

  update(key: K, value: V): void {
    const pe = this.table.placeOf(key);
    if (this._add(this.updates, pe, key, value)) this.table.parts.at(pe).updateAll(this._take(this.updates, pe));
  }

  /** Sends what is left. Resolves when all that this batch has been given is in the table. */
  async flush(): Promise<void> {
    const { parts } = this.table;
    const pes = Array.from({ length: parts.size }, (_, pe) => pe);
    const inserted = pes.map((pe) => parts.at(pe).ask.insertAll(this._take(this.inserts, pe)));
    const updated = pes.map((pe) => parts.at(pe).ask.updateAll(this._take(this.updates, pe)));
    await Promise.all([...inserted, ...updated]);
  }

  _add(kept: Map<number, [K, V][]>, pe: number, key: K, value: V): boolean {
    const hand = kept.get(pe) ?? [];
    hand.push([key, value]);
    kept.set(pe, hand);
    return hand.length >= this.size;
  }

  _take(kept: Map<number, [K, V][]>, pe: number): [K, V][] {
    const hand = kept.get(pe) ?? [];
    kept.delete(pe);
    return hand;
  }
}

/** The keys of one PE. */
export class TablePart<K extends TableKey = TableKey, V = unknown> extends Chare {
  private readonly values = new Map<K, V[]>();

  /** What `update` makes of the value that there is and the one that comes; a subclass may add them, or keep the larger. */
  _combine(_old: V, value: V): V {
    return value;
  }

  insert(key: K, values: readonly V[]): void {
    const known = this.values.get(key);
    if (known === undefined) this.values.set(key, [...values]);
    else known.push(...values);
  }

  set(key: K, value: V): void {
    this.values.set(key, [value]);
  }

  update(key: K, value: V): void {
    const known = this.values.get(key);
    if (known === undefined) this.values.set(key, [value]);
    else known[0] = this._combine(known[0]!, value);
  }

  find(key: K): V[] {
    return [...(this.values.get(key) ?? [])];
  }

  remove(key: K): number {
    const count = this.values.get(key)?.length ?? 0;
    this.values.delete(key);
    return count;
  }

  insertAll(entries: readonly (readonly [K, V])[]): void {
    for (const [key, value] of entries) this.insert(key, [value]);
  }

  updateAll(entries: readonly (readonly [K, V])[]): void {
    for (const [key, value] of entries) this.update(key, value);
  }

  findAll(keys: readonly K[]): [K, V[]][] {
    return keys.filter((key) => this.values.has(key)).map((key) => [key, this.find(key)]);
  }

  removeAll(keys: readonly K[]): number {
    return keys.filter((key) => this.values.delete(key)).length;
  }

  count(): number {
    return this.values.size;
  }

  keys(): K[] {
    return [...this.values.keys()];
  }
}

/** FNV-1a; 1 and '1' are different keys. */
function hash(key: TableKey): number {
  if (typeof key !== 'string' && typeof key !== 'number')
    throw new UsageError(`a key of a table is a string or a number, not ${typeof key}`);
  const text = typeof key === 'number' ? `#${key}` : key;
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h ^ (h >>> 15)) >>> 0;
}
