/**
 * What waits at one element: messages that may not run yet, requests for messages, and its ends of channels.
 *
 *  1. A message for a gated entry method (message/entry-attributes.ts) runs if it may; else it is held.
 *  2. After each entry method of the element, and whenever something comes, the held messages are looked at again from the
 *     oldest on: one that may run, runs, and the search begins anew. Then the open requests, oldest first.
 *  3. Held messages and channel ends travel with the element; requests hold it in place, so there are none then.
 *
 * Invariants: messages for one entry method that may run do so in the order in which they came. Each held message counts
 * as held in the PE's counters, so a job that waits for one is not quiescent, and is reported when stuck.
 */
import { assert } from '../base/assert.ts';
import { describeThrown, EntryError } from '../base/errors.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import { RemoteReply, type ReplyTarget } from '../message/future.ts';
import type { Request, Source } from '../message/request.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeArguments } from '../pup/decode.ts';
import { encodeArguments } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import type { Writer } from '../pup/writer.ts';
import { AnySource, ChannelEnd, type ReceiveForm } from './channel-end.ts';
import type { ElementRecord } from './element.ts';
import { TimerTable } from './timer.ts';
import { AwaitedMessages } from './when.ts';

/** A message that waits. */
export interface Held {
  readonly entry: EntryMethod;
  readonly args: unknown[];
  readonly reply: ReplyTarget | undefined;
  /** Its name in traces. */
  readonly source: number;
  readonly event: number;
}

export class Mailbox {
  readonly element: ElementRecord;
  readonly pe: Pe;
  readonly channels = new Map<string, ChannelEnd>();
  readonly timers: TimerTable;
  /** What `this.when` of the chare gives. */
  readonly when: object;
  /** In the order they came. */
  readonly #held: Held[] = [];
  readonly #requests: Request[] = [];
  /** Made in this turn: they look for messages only after it. */
  readonly #newRequests = new Set<Request>();
  readonly #races = new WeakMap<object, Set<Request>>();
  #lastRequest = 0;
  #isExclusiveRunning = false;
  #isExamining = false;

  constructor(element: ElementRecord) {
    this.element = element;
    this.pe = element.collection.pe;
    this.timers = new TimerTable(element);
    this.when = new element.collection.type.whenView(this);
  }

  static of(element: ElementRecord): Mailbox {
    element.mailbox ??= new Mailbox(element);
    return element.mailbox;
  }

  // ---- messages ----

  deliver(message: Held): void {
    if (this.#held.length === 0 && this.#mayRun(message)) return this.#run(message);
    this.#hold(message);
    this.examine();
  }

  /** Runs and grants what can be, until nothing more can. */
  examine(): void {
    if (this.#isExamining || (this.#held.length === 0 && this.#requests.length === 0)) return;
    this.#isExamining = true;
    try {
      while (!this.element.isGone && !this.pe.isStopped && (this.#releaseOne() || this.#grantOne()));
    } finally {
      this.#isExamining = false;
    }
  }

  /** The oldest held message for `entry` with these arguments. */
  find(
    entry: EntryMethod,
    isWanted: (args: readonly unknown[]) => boolean,
    claimed: ReadonlySet<object>,
  ): Held | undefined {
    return this.#held.find((message) => message.entry === entry && !claimed.has(message) && isWanted(message.args));
  }

  /** Runs a message for a request, which gets the result. */
  take(message: Held): Promise<unknown> {
    this.#unhold(message);
    return new Promise((resolve, reject) => this.#execute(message, new Tee(message.reply, resolve, reject)));
  }

  #mayRun({ entry, args }: Held): boolean {
    const { when, isAwaited, isExclusive, isIdle } = entry.gate!;
    if (isAwaited || isIdle || (isExclusive && this.#isExclusiveRunning)) return false;
    if (when === undefined) return true;
    try {
      return when(this.element.chare!, ...args);
    } catch (cause) {
      const place = { pe: this.pe.id, chare: this.element.label, entry: `entries.${entry.name}.when` };
      throw new EntryError('ERR_ENTRY_FAILED', describeThrown(cause), place, { cause });
    }
  }

  #execute({ entry, args, source, event }: Held, reply: ReplyTarget | undefined): void {
    this.pe.queue.check?.verify(args, this.pe, this.element.label, entry);
    this.pe.executeTraced(this.element, entry, args, reply, source, event);
  }

  #run(message: Held): void {
    const { entry, reply } = message;
    if (entry.gate?.isExclusive !== true) return this.#execute(message, reply);
    this.#isExclusiveRunning = true;
    const end = (): void => {
      this.#isExclusiveRunning = false;
      this.pe.guard(() => this.examine());
    };
    const fail = (error: unknown): void => {
      if (reply === undefined) this.pe.fail(error);
      end();
    };
    this.#execute(message, new Tee(reply, end, fail));
  }

  #hold(message: Held): void {
    this.#held.push(message);
    this.pe.hold();
    const { gate } = message.entry;
    if (gate?.isIdle === true) {
      this.pe.idlers.add(this);
      this.pe.host.wake();
    } else if (gate?.isAwaited === false) this.pe.gated.add(this);
  }

  /** The PE is idle: the oldest message that waits for that runs, and waits again if its method returns true. */
  runIdler(): void {
    if (this.element.isGone) return;
    const message = this.#held.find(({ entry }) => entry.gate?.isIdle === true);
    if (message === undefined) return;
    this.#unhold(message);
    const { reply } = message;
    const fail = (error: unknown): void => {
      if (reply === undefined) this.pe.fail(error);
      else reply.reject(error);
    };
    const end = (value: unknown): void => {
      if (value === true) this.#hold(message);
      else reply?.resolve(value);
    };
    this.#execute(message, new Tee(undefined, end, fail));
  }

  #unhold(message: Held): void {
    this.#held.splice(this.#held.indexOf(message), 1);
    this.pe.release();
    this.#forgetIfDone();
  }

  #forgetIfDone(): void {
    if (this.#held.length === 0) this.pe.gated.delete(this);
    if (!this.#held.some(({ entry }) => entry.gate?.isIdle === true)) this.pe.idlers.delete(this);
  }

  #releaseOne(): boolean {
    const message = this.#held.find((held) => this.#mayRun(held));
    if (message === undefined) return false;
    this.#unhold(message);
    this.#run(message);
    return true;
  }

  // ---- requests ----

  /** Gives its number, which says which of two is older. */
  open(request: Request): number {
    if (request.promised === undefined) this.element.entriesInFlight++;
    this.pe.waits.add(request);
    this.pe.resumeSoon();
    if (this.#newRequests.size === 0) void Promise.resolve().then(() => this.#admitNew());
    this.#newRequests.add(request);
    return ++this.#lastRequest;
  }

  /** A source again, from its `wire`. */
  sourceFrom(wire: unknown): Source {
    const [kind, ...parts] = wire as [string, ...unknown[]];
    if (kind === 'any') return new AnySource((parts[0] as unknown[]).map((one) => this.sourceFrom(one)));
    if (kind === 'channel') return this.#channelSource(parts[0] as string, parts[1] as ReceiveForm);
    const entry = this.element.collection.type.table.byId(parts[0] as number);
    return new AwaitedMessages(this, entry, parts[1]);
  }

  #channelSource(id: string, form: ReceiveForm): Source {
    const end = this.channels.get(id);
    assert(end !== undefined, 'a request waits for a channel that did not move along');
    return end.source(form, id);
  }

  isNew(request: Request): boolean {
    return this.#newRequests.has(request);
  }

  /** Of the requests that fulfil one promise, only one shall take anything. */
  race(resolver: object, request: Request): void {
    let rivals = this.#races.get(resolver);
    if (rivals === undefined) {
      rivals = new Set();
      this.#races.set(resolver, rivals);
    }
    request.compete(rivals);
  }

  close(request: Request): void {
    this.pe.waits.delete(request);
    if (this.#newRequests.delete(request)) return;
    this.#requests.splice(this.#requests.indexOf(request), 1);
  }

  #admitNew(): void {
    this.#requests.push(...this.#newRequests);
    this.#newRequests.clear();
    this.pe.guard(() => this.examine());
  }

  #grantOne(): boolean {
    return this.#requests.some((request) => request.attempt());
  }

  // ---- moves ----

  write(writer: Writer): void {
    writer.u32(this.#held.length);
    for (const { entry, args, reply, source, event } of this.#held) {
      const { pe, id } = reply?.address() ?? { pe: 0, id: 0 };
      writer.u32(entry.id);
      writer.u32(pe);
      writer.f64(id);
      writer.u32(source);
      writer.f64(event);
      encodeArguments(writer, args, `${this.element.label}.${entry.name}`);
    }
    this.timers.write(writer);
    writer.u32(this.channels.size);
    for (const [id, end] of this.channels) {
      writer.text(id);
      end.write(writer);
    }
  }

  /** The element has left this PE; what was held is held elsewhere now. */
  left(): void {
    for (const _ of this.#held) this.pe.release();
    this.pe.gated.delete(this);
    this.pe.idlers.delete(this);
    this.timers.left();
    for (const end of this.channels.values()) end.left();
    for (const request of [...this.#requests.splice(0), ...this.#newRequests]) this.pe.waits.delete(request);
    this.#newRequests.clear();
  }

  static read(reader: Reader, element: ElementRecord): Mailbox {
    const mailbox = new Mailbox(element);
    const { pe, type } = element.collection;
    for (let left = reader.count(); left > 0; left--) {
      const entry = type.table.byId(reader.u32());
      const [to, id] = [reader.u32(), reader.f64()];
      const reply = id === 0 ? undefined : new RemoteReply(pe, to, id);
      const [source, event] = [reader.u32(), reader.f64()];
      mailbox.#hold({ entry, reply, source, event, args: decodeArguments(reader, pe.context) });
    }
    mailbox.timers.read(reader);
    for (let left = reader.count(); left > 0; left--) {
      ChannelEnd.read(reader, mailbox, reader.text());
    }
    return mailbox;
  }

  /** The element has died: messages wait for its successor. */
  died(): void {
    const { collection, key } = this.element;
    this.left();
    for (const { entry, args, reply, source, event } of this.#held)
      collection.sendAs(source, event, key, entry, args, undefined, reply);
  }

  // ---- reports ----

  /** Lines for the stuck report. */
  describe(): string[] {
    const counts = new Map<EntryMethod, number>();
    for (const { entry } of this.#held) counts.set(entry, (counts.get(entry) ?? 0) + 1);
    return [...counts].map(([entry, count]) => {
      const waits = count === 1 ? '1 message waits' : `${count} messages wait`;
      return `${waits} for ${this.element.label}.${entry.name} on PE ${this.pe.id}: ${this.#whyHeld(entry)}`;
    });
  }

  #whyHeld({ gate }: EntryMethod): string {
    if (gate?.isIdle === true) return 'the PE is never idle';
    if (gate?.isAwaited === true) return 'no this.when takes them';
    if (gate?.isExclusive === true && this.#isExclusiveRunning) return 'an exclusive method of the chare has not ended';
    return 'its condition `when` does not hold';
  }
}

/** Sends the outcome of an entry method to whoever asked for it, and to one more. */
class Tee implements ReplyTarget {
  readonly isBound = true;
  readonly #first: ReplyTarget | undefined;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor(first: ReplyTarget | undefined, resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.#first = first;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  resolve(value: unknown): void {
    this.#first?.resolve(value);
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#first?.reject(error);
    this.#reject(error);
  }

  address(): never {
    throw new Error('internal: the outcome of a running entry method has no address');
  }
}
