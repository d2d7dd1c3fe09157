/**
 * Copies of message arguments to compare them with later. Only what travels by value is copied: plain objects, arrays, typed
 * arrays, maps, sets, dates and instances of the program's classes. Everything else stands for itself.
 */
import { ChareBase } from '../chare/chare.ts';
import { Handle } from '../pup/value-codec.ts';

type IsKnownClass = (prototype: object) => boolean;

class BytesCopy {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

class DateCopy {
  readonly time: number;
  constructor(time: number) {
    this.time = time;
  }
}

/** Of an array, the elements; of an object, the fields. */
class FieldsCopy {
  readonly fields = new Map<string, unknown>();
}

/** Of a map, keys and values in turn; of a set, the values. */
class ItemsCopy {
  readonly items: unknown[] = [];
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function hasFields(value: object, isKnown: IsKnownClass): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype || prototype === Array.prototype) return true;
  return isKnown(prototype as object);
}

export function copyOf(value: unknown, seen: Map<object, unknown>, isKnown: IsKnownClass): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Handle || value instanceof ChareBase)
    return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  if (ArrayBuffer.isView(value)) {
    // Shared memory has rules of its own: docs/zero-copy.md.
    return value.buffer instanceof ArrayBuffer ? new BytesCopy(bytesOf(value).slice()) : value;
  }
  if (value instanceof Date) return new DateCopy(value.getTime());
  if (value instanceof Map || value instanceof Set) {
    const copy = new ItemsCopy();
    seen.set(value, copy);
    for (const item of itemsOf(value)) copy.items.push(copyOf(item, seen, isKnown));
    return copy;
  }
  if (!hasFields(value, isKnown)) return value;
  const copy = new FieldsCopy();
  seen.set(value, copy);
  for (const [key, field] of Object.entries(value)) copy.fields.set(key, copyOf(field, seen, isKnown));
  return copy;
}

function itemsOf(value: Map<unknown, unknown> | Set<unknown>): unknown[] {
  return value instanceof Map ? [...value].flat() : [...value];
}

/** Where, and how, a value differs from its copy: `.list[3].x was 4 and is 5`; undefined if it does not. */
export function compareCopies(value: unknown, copy: unknown, path: string, seen: Set<object>): string | undefined {
  const at = path === '' ? 'it' : path;
  if (copy instanceof BytesCopy) return compareBytes(value, copy.bytes, at);
  if (copy instanceof DateCopy) {
    const time = value instanceof Date ? value.getTime() : Number.NaN;
    return Object.is(time, copy.time) ? undefined : `${at} was ${copy.time} and is ${time}`;
  }
  if (copy instanceof ItemsCopy || copy instanceof FieldsCopy) {
    if (typeof value !== 'object' || value === null) return `${at} is ${show(value)} now`;
    if (seen.has(value)) return undefined;
    seen.add(value);
    return copy instanceof ItemsCopy ? compareItems(value, copy, at, seen) : compareFields(value, copy, path, seen);
  }
  return Object.is(value, copy) ? undefined : `${at} was ${show(copy)} and is ${show(value)}`;
}

function compareBytes(value: unknown, copy: Uint8Array, at: string): string | undefined {
  if (!ArrayBuffer.isView(value)) return `${at} is ${show(value)} now`;
  const bytes = bytesOf(value);
  if (bytes.length !== copy.length) return `${at} had ${copy.length} bytes and has ${bytes.length}`;
  const i = bytes.findIndex((byte, n) => byte !== copy[n]);
  if (i === -1) return undefined;
  const size = (value as { readonly BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  return `${at === 'it' ? '' : at}[${Math.floor(i / size)}] is different`;
}

function compareItems(value: object, copy: ItemsCopy, at: string, seen: Set<object>): string | undefined {
  if (!(value instanceof Map || value instanceof Set)) return `${at} is ${show(value)} now`;
  const items = itemsOf(value);
  if (items.length !== copy.items.length) return `${at} has other entries`;
  for (const [i, item] of items.entries()) {
    const change = compareCopies(item, copy.items[i], `${at} entry ${i}`, seen);
    if (change !== undefined) return change;
  }
  return undefined;
}

function compareFields(value: object, copy: FieldsCopy, path: string, seen: Set<object>): string | undefined {
  const isArray = Array.isArray(value);
  const pathOf = (key: string): string => (isArray ? `${path}[${key}]` : `${path}.${key}`);
  for (const [key, field] of Object.entries(value)) {
    if (!copy.fields.has(key)) return `${pathOf(key)} is new`;
    const change = compareCopies(field, copy.fields.get(key), pathOf(key), seen);
    if (change !== undefined) return change;
  }
  const gone = [...copy.fields.keys()].find((key) => !Object.hasOwn(value, key));
  return gone === undefined ? undefined : `${pathOf(gone)} is gone`;
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/** Freezes plain objects, arrays and known instances, and what is in them. Elements of typed arrays can't be frozen. */
export function freeze(value: unknown, isKnown: IsKnownClass): void {
  if (typeof value !== 'object' || value === null || value instanceof Handle || value instanceof ChareBase) return;
  if (value instanceof Map || value instanceof Set) for (const item of itemsOf(value)) freeze(item, isKnown);
  else if (hasFields(value, isKnown) && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const field of Object.values(value)) freeze(field, isKnown);
  }
}
