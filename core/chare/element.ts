/** The runtime's record of one element that is on this PE. */
import type { ChareBase } from './chare.ts';
import type { Collection } from './collection.ts';
import type { Key } from './index-space.ts';
import type { EntryProxy } from './proxy.ts';

export class ElementRecord {
  readonly collection: Collection;
  readonly key: Key;
  /** The user's object; undefined before its constructor has reached `super()`. */
  chare: ChareBase | undefined = undefined;
  /** Its proxy, once someone here has asked for it. */
  proxy: EntryProxy | undefined = undefined;
  /** Number of the reduction it will contribute to next. */
  nextReduction: number;
  /** Number of the last broadcast it has run. */
  lastBroadcast: number;
  /** Async entry methods that have begun and not ended; they hold the element in place. */
  entriesInFlight = 0;

  constructor(collection: Collection, key: Key, nextReduction: number, lastBroadcast: number) {
    this.collection = collection;
    this.key = key;
    this.nextReduction = nextReduction;
    this.lastBroadcast = lastBroadcast;
  }

  /** `Ring[3]`, as reports name it. */
  get label(): string {
    return this.collection.labelOf(this.key);
  }
}
