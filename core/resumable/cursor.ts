/**
 * Cursors: what a compiled `for ... of` or `for ... in` with an await in it has in place of an iterator, which can't be packed.
 *
 *  - Arrays and typed arrays: the position. Like the language's iterator it sees elements that are added meanwhile.
 *  - Map and Set: the entry that comes next; where the cursor is unpacked, a new iterator is wound forward to it.
 *  - Strings: their characters. Other iterables: their own iterator, which holds the element in place.
 */
import { NotEncodable } from '../pup/refusal.ts';
import { checkPacking } from './promised.ts';

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as { [Symbol.iterator]: unknown };

export class ArrayCursor {
  value: unknown = undefined;
  items: ArrayLike<unknown>;
  position = 0;
  isDone = false;

  constructor(items: ArrayLike<unknown>) {
    this.items = items;
  }

  next(): boolean {
    if (this.isDone) return false;
    if (this.position < this.items.length) {
      this.value = this.items[this.position++];
      return true;
    }
    this.isDone = true;
    return false;
  }

  close(): void {
    this.isDone = true;
  }

  pack(): unknown {
    checkPacking('the state of a loop');
    return [this.items, this.position, this.isDone];
  }

  unpack(packed: unknown): void {
    const [items, position, isDone] = packed as [ArrayLike<unknown>, number, boolean];
    this.value = undefined;
    this.items = items;
    this.position = position;
    this.isDone = isDone;
  }
}

export class CollectionCursor {
  value: unknown = undefined;
  items: Map<unknown, unknown> | Set<unknown>;
  isDone = false;
  // Plain fields: unpacked ones are made without the constructor, which private names (#) need.
  private keys: Iterator<unknown>;
  /** Looked at and not given out yet. */
  private ahead: IteratorResult<unknown> | undefined = undefined;

  constructor(items: Map<unknown, unknown> | Set<unknown>) {
    this.items = items;
    this.keys = items.keys();
  }

  next(): boolean {
    if (this.isDone) return false;
    const { done, value } = this.take();
    if (done === true) this.isDone = true;
    else this.value = this.items instanceof Map ? [value, this.items.get(value)] : value;
    return done !== true;
  }

  private take(): IteratorResult<unknown> {
    let result = this.ahead ?? this.keys.next();
    this.ahead = undefined;
    // What was looked at may be gone by now.
    while (result.done !== true && !this.items.has(result.value)) result = this.keys.next();
    return result;
  }

  close(): void {
    this.isDone = true;
  }

  pack(): unknown {
    checkPacking('the state of a loop');
    this.ahead ??= this.keys.next();
    if (this.ahead.done !== true) return [this.items, this.isDone, undefined, this.ahead.value];
    // It has said that it is at its end, and stays there; but entries may yet be added.
    const seen = new Set(this.items.keys());
    this.ahead = undefined;
    this.keys = without(seen, this.items);
    return [this.items, this.isDone, seen, undefined];
  }

  unpack(packed: unknown): void {
    const [items, isDone, seen, key] = packed as [Set<unknown>, boolean, Set<unknown> | undefined, unknown];
    this.value = undefined;
    this.items = items;
    this.isDone = isDone;
    // Wound forward when it is first used: in a cycle the collection itself is unpacked later.
    this.keys = seen === undefined ? from(items, key) : without(seen, items);
    this.ahead = undefined;
  }
}

function* from(items: Map<unknown, unknown> | Set<unknown>, key: unknown): Generator<unknown> {
  let isReached = false;
  for (const next of items.keys()) {
    isReached ||= Object.is(next, key);
    if (isReached) yield next;
  }
}

/** Only entries that were added later. */
function* without(seen: ReadonlySet<unknown>, items: Map<unknown, unknown> | Set<unknown>): Generator<unknown> {
  for (const next of items.keys()) if (!seen.has(next)) yield next;
}

/** An iterator of somebody else. */
export class ForeignCursor {
  value: unknown = undefined;
  isDone = false;
  readonly #iterator: Iterator<unknown>;

  constructor(items: Iterable<unknown>) {
    this.#iterator = items[Symbol.iterator]();
  }

  next(): boolean {
    if (this.isDone) return false;
    // Done before it is asked: an iterator that throws is not closed.
    this.isDone = true;
    const { done, value } = this.#iterator.next();
    if (done === true) return false;
    this.isDone = false;
    this.value = value;
    return true;
  }

  close(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.#iterator.return?.();
  }

  pack(): never {
    throw new NotEncodable(
      'the iterator of a `for ... of` loop over something else than an array, typed array, string, Map or Set',
    );
  }

  unpack(): void {}
}

export type Cursor = ArrayCursor | CollectionCursor | ForeignCursor;

/** For `for (... of items)`. */
export function iterate(items: unknown): Cursor {
  if (Array.isArray(items) && items[Symbol.iterator] === Array.prototype[Symbol.iterator])
    return new ArrayCursor(items);
  if (
    ArrayBuffer.isView(items) &&
    (items as { [Symbol.iterator]?: unknown })[Symbol.iterator] === TypedArray[Symbol.iterator]
  )
    return new ArrayCursor(items as unknown as ArrayLike<unknown>);
  if (typeof items === 'string') return new ArrayCursor([...items]);
  const prototype: unknown = typeof items === 'object' && items !== null ? Object.getPrototypeOf(items) : undefined;
  if (prototype === Map.prototype || prototype === Set.prototype) return new CollectionCursor(items as Set<unknown>);
  return new ForeignCursor(items as Iterable<unknown>);
}

/** For `for (... in object)`: the keys that are left when their turn comes. */
export function keysIn(object: unknown): string[] {
  const keys: string[] = [];
  for (const key in object as object) keys.push(key);
  return keys;
}

export function hasKey(object: unknown, key: string): boolean {
  return key in Object(object);
}

/** What destructuring takes of an iterable: `count` values, then all others if there is a rest. */
export function listOf(items: Iterable<unknown>, count: number, hasRest: boolean): unknown[] {
  if (hasRest) return [...items];
  const list: unknown[] = [];
  if (count === 0) return list;
  for (const item of items) {
    list.push(item);
    if (list.length === count) break;
  }
  return list;
}

/** `{ ...rest }` of destructuring. */
export function restOf(object: object, taken: readonly PropertyKey[]): object {
  const rest: Record<PropertyKey, unknown> = { ...object };
  for (const key of taken) delete rest[key];
  return rest;
}
