/**
 * Callbacks: where a result goes. Plain values that can be sent in messages: an entry method of an element or of
 * all elements, a future, the end of the job, or nowhere.
 */

import type { Collection } from '../chare/collection.ts';
import type { Key } from '../chare/index-space.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import { Handle, writeHandle } from '../pup/value-codec.ts';
import type { Writer } from '../pup/writer.ts';
import type { EntryMethod } from './entry-table.ts';
import { HandleKind, writeTarget } from './handle-kinds.ts';

/** Somewhere to send one value of type `T`. */
export abstract class Callback<in T = unknown> extends Handle {
  /** Never set: keeps a callback for one type from being used for another. */
  declare readonly accepts: (value: T) => void;

  /** Delivers the value; returns at once. */
  abstract send(value: T): void;
}

/** Calls an entry method of one element, or of all if `key` is undefined. */
export class EntryCallback extends Callback<unknown> {
  readonly #collection: Collection;
  readonly #key: Key | undefined;
  readonly #entry: EntryMethod;
  readonly #options: SendOptions | undefined;

  constructor(collection: Collection, key: Key | undefined, entry: EntryMethod, options: SendOptions | undefined) {
    super();
    this.#collection = collection;
    this.#key = key;
    this.#entry = entry;
    this.#options = options;
  }

  send(value: unknown): void {
    if (this.#key === undefined) this.#collection.broadcast(this.#entry, [value], this.#options);
    else this.#collection.tell(this.#key, this.#entry, [value], this.#options);
  }

  [writeHandle](writer: Writer): void {
    writer.u8(HandleKind.entryCallback);
    writeTarget(writer, this.#collection, this.#key, this.#options);
    writer.u32(this.#entry.id);
  }
}

/** Ends the job. */
export class ExitCallback extends Callback<unknown> {
  readonly #exit: (code: number) => void;

  constructor(exit: (code: number) => void) {
    super();
    this.#exit = exit;
  }

  send(value: unknown): void {
    this.#exit(typeof value === 'number' ? value : 0);
  }

  [writeHandle](writer: Writer): void {
    writer.u8(HandleKind.exit);
  }
}

/** Drops the value. */
export class IgnoreCallback extends Callback<unknown> {
  send(): void {}

  [writeHandle](writer: Writer): void {
    writer.u8(HandleKind.ignore);
  }
}
