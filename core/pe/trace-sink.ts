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
import type { LbStepReport } from '../balance/balancing.ts';
import type { Collection } from '../chare/collection.ts';
import type { ElementRecord } from '../chare/element.ts';
import type { Key } from '../chare/index-space.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import type { AnyReducer } from '../collective/reducers.ts';
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
  /** The result of an entry method, or the value of a future, leaves for PE `to`, which may be this one. */
  replied(event: number, to: number, bytes: number): void;
  /** A message for an element elsewhere is about to be encoded; one of `bytes` that has come is about to be decoded. */
  packing(): void;
  unpacking(bytes: number): void;
  /** A message for the members of a section leaves its sender; `collection` is that of the first members. */
  multicast?(event: number, collection: Collection, entry: EntryMethod, options: SendOptions | undefined): void;
  /** A message from another PE goes into the queue of this one. Those from here go there when they are sent. */
  queued(element: ElementRecord, source: number, event: number): void;
  /** A broadcast, from whichever PE, goes into the queue of this one. */
  broadcastQueued(collection: Collection, source: number, event: number): void;
  /** A message came here for an element that is not here, and was sent on to PE `to`; `event` is 0 for the runtime's own. */
  passedOn(collection: Collection, key: Key, source: number, event: number, to: number): void;
  /** The entry method that message (`source`, `event`) calls begins. One that lets a waiting message run encloses it. */
  begin(element: ElementRecord, entry: EntryMethod, source: number, event: number): void;
  /** It has returned; an async one goes on later. A move that it asked for has been made. */
  end(element: ElementRecord): void;

  /**
   * An async method of the element, or `main` where there is none, goes on: message (`source`, `event`), the value that
   * it waited for, has come. `event` is 0 if that is not known.
   */
  resumed(element: ElementRecord | undefined, entry: EntryMethod | undefined, source: number, event: number): void;
  /** What went on, or `main`, has come to its next await or its end. */
  suspended(): void;

  /** An element is about to be constructed here; has been; has ended. */
  created(element: ElementRecord): void;
  constructed(element: ElementRecord): void;
  died(element: ElementRecord): void;
  /** An element is about to be packed, to leave; goes to another PE; is about to be unpacked; has come from another PE. */
  leaving(): void;
  left(element: ElementRecord, to: number, bytes: number): void;
  arriving(): void;
  arrived(element: ElementRecord, from: number, bytes: number): void;

  /** An element has contributed to its collection's reduction `number`; at the root, that reduction is complete. */
  contributed(element: ElementRecord, number: number, value: unknown, reducer: AnyReducer): void;
  reduced(collection: Collection, number: number, contributions: number, result: unknown): void;
  /** An element has taken message `number` (from 0) out of its end of a channel; `channel` names that end. */
  channelTaken?(element: ElementRecord, channel: string, number: number): void;
  /** PE 0 has found that every message everywhere has been processed. */
  quiescence(): void;
  /** On PE 0: a load-balancing step has ended. */
  balanced?(report: LbStepReport): void;

  /** Told by the host: this PE has nothing to do; it has something to do again. */
  idle(): void;
  busy(): void;

  /** The scheduler begins to run tasks, or takes in a frame: since the last call other things may have run. */
  scheduling(): void;

  // What the program tells: see chare/tracing.ts.

  /** Whether anything is recorded. */
  readonly isOn: boolean;
  turn(isOn: boolean): void;
  userEvent(name: string): void;
  bracketBegin(name: string, nested: number): void;
  bracketEnd(name: string, nested: number): void;
  note(text: string): void;
  statistic(name: string, value: number, at: number): void;
  /** A number that belongs to the entry method that runs. */
  userValue(value: number): void;
}

/** Hears everything and does nothing: what a sink extends that wants to hear of a few things only. */
export class SilentSink implements TraceSink {
  readonly isOn: boolean = true;
  sent(..._: Parameters<TraceSink['sent']>): void {}
  broadcast(..._: Parameters<TraceSink['broadcast']>): void {}
  replied(..._: Parameters<TraceSink['replied']>): void {}
  packing(): void {}
  unpacking(_bytes: number): void {}
  queued(..._: Parameters<TraceSink['queued']>): void {}
  broadcastQueued(..._: Parameters<TraceSink['broadcastQueued']>): void {}
  passedOn(..._: Parameters<TraceSink['passedOn']>): void {}
  begin(..._: Parameters<TraceSink['begin']>): void {}
  end(_element: ElementRecord): void {}
  resumed(..._: Parameters<TraceSink['resumed']>): void {}
  suspended(): void {}
  created(_element: ElementRecord): void {}
  constructed(_element: ElementRecord): void {}
  died(_element: ElementRecord): void {}
  leaving(): void {}
  left(..._: Parameters<TraceSink['left']>): void {}
  arriving(): void {}
  arrived(..._: Parameters<TraceSink['arrived']>): void {}
  contributed(..._: Parameters<TraceSink['contributed']>): void {}
  reduced(..._: Parameters<TraceSink['reduced']>): void {}
  quiescence(): void {}
  balanced(_report: LbStepReport): void {}
  idle(): void {}
  busy(): void {}
  scheduling(): void {}
  turn(_isOn: boolean): void {}
  userEvent(_name: string): void {}
  bracketBegin(_name: string, _nested: number): void {}
  bracketEnd(_name: string, _nested: number): void {}
  note(_text: string): void {}
  statistic(_name: string, _value: number, _at: number): void {}
  userValue(_value: number): void {}
}
