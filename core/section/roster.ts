/** The members of a section, or some of them: keys by collection. Travels as a list of a collection's proxy and its keys. */
import type { Collection } from '../chare/collection.ts';
import type { Key } from '../chare/index-space.ts';
import { collectionOf } from '../chare/proxy.ts';

export type Roster = ReadonlyMap<Collection, readonly Key[]>;
type Wire = [proxy: unknown, keys: Key[]][];

export class RosterBuilder {
  readonly #keys = new Map<Collection, Key[]>();
  count = 0;

  add(collection: Collection, key: Key): void {
    const keys = this.#keys.get(collection);
    if (keys === undefined) this.#keys.set(collection, [key]);
    else keys.push(key);
    this.count++;
  }

  get roster(): Roster {
    return this.#keys;
  }
}

export function countOf(roster: Roster): number {
  let count = 0;
  for (const keys of roster.values()) count += keys.length;
  return count;
}

/** As a value that can be sent. */
export function toWire(roster: Roster): unknown {
  return Array.from(roster, ([collection, keys]) => [
    collection.shape.isGroup ? collection.groupProxy : collection.arrayProxy,
    keys,
  ]);
}

export function fromWire(value: unknown): Roster {
  return new Map((value as Wire).map(([proxy, keys]) => [collectionOf(proxy)!, keys]));
}
