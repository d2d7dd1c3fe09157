/**
 * What a PE tells whoever watches it: the writer of traces, and the checkers of simulated runs.
 *
 * A message has a name that is unique in the job: the PE that sent it and a number (1, 2, ... on that PE; 0 means sent
 * while nobody watched). The message carries its name wherever it goes, so `begin` says which sending it answers; a
 * broadcast has one name, and begins once on every element.
 *
 * A sink is told of each thing at the moment when it happens and reads the clock itself if it wants the time. It must
 * neither throw nor change anything. Without a sink each message costs two tests of a field.
 */
import type { Collection } from '../chare/collection.ts';
import type { ElementRecord } from '../chare/element.ts';
import type { Key } from '../chare/index-space.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import type { EntryMethod } from '../message/entry-table.ts';

export interface TraceSink {
  /** A message for one element leaves its sender, `pe.current` if known. `bytes` is 0 if it is passed by reference. */
  sent(
    event: number,
    collection: Collection,
    key: Key,
    entry: EntryMethod,
    options: SendOptions | undefined,
    bytes: number,
  ): void;
  /** A message for all elements leaves its sender. */
  broadcast(event: number, collection: Collection, entry: EntryMethod, options: SendOptions | undefined): void;
  /** A message from another PE goes into the queue of this one. Those from here go there when they are sent. */
  queued(element: ElementRecord, source: number, event: number): void;
  /** A message came here for an element that is not here, and was sent on to PE `to`; `event` is 0 for the runtime's own. */
  passedOn(collection: Collection, key: Key, source: number, event: number, to: number): void;
  /** The entry method that message (`source`, `event`) calls begins. One that lets a waiting message run encloses it. */
  begin(element: ElementRecord, entry: EntryMethod, source: number, event: number): void;
  /** It has returned; an async one goes on later. A move that it asked for has been made. */
  end(element: ElementRecord): void;

  /** An element is about to be constructed here; has ended; goes to another PE; has come from another PE. */
  created(element: ElementRecord): void;
  died(element: ElementRecord): void;
  left(element: ElementRecord, to: number, bytes: number): void;
  arrived(element: ElementRecord, from: number, bytes: number): void;

  /** An element has contributed to its collection's reduction `number`; at the root, that reduction is complete. */
  contributed(element: ElementRecord, number: number): void;
  reduced(collection: Collection, number: number, contributions: number): void;
  /** PE 0 has found that every message everywhere has been processed. */
  quiescence(): void;

  /** Told by the host: this PE has nothing to do; it has something to do again. */
  idle(): void;
  busy(): void;
}
