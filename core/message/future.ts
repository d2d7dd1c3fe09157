/**
 * Futures and the replies of `ask`: promises that another chare settles.
 *
 * A pending promise lives on the PE that waits. Its number is given out only when it must travel; a local reply
 * settles it directly. Settling marks the PE for a microtask turn, in which the waiting method goes on.
 */
import { UsageError } from '../base/errors.ts';
import type { ElementRecord } from '../chare/element.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeValue } from '../pup/decode.ts';
import { encodeValue } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { writeHandle } from '../pup/value-codec.ts';
import type { Writer } from '../pup/writer.ts';
import { type Promised, Status, unpackingScope } from '../resumable/promised.ts';
import { Callback } from './callback.ts';
import type { EntryMethod } from './entry-table.ts';
import { FrameKind } from './envelope.ts';
import { HandleKind } from './handle-kinds.ts';
import { describeWaiter, type Wait } from './request.ts';

/** Where the result of an entry method goes. */
export interface ReplyTarget {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  /** PE and number under which another PE can settle it. */
  address(): { readonly pe: number; readonly id: number };
  /** It can't be told from another PE. */
  readonly isBound?: boolean;
}

/** A promise on this PE that the runtime settles; while it is waited for, stuck reports list it. */
export class Pending implements ReplyTarget, Wait {
  readonly promise: Promise<unknown>;
  /** The same, where the element that waits is resumable. */
  readonly promised: Promised | undefined;
  readonly #what: () => string;
  readonly #pe: Pe;
  // Who waits, as known when the wait began.
  readonly element: ElementRecord | undefined;
  readonly #entry: EntryMethod | undefined;
  #id = 0;
  #isSettled = false;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(pe: Pe, what: () => string) {
    this.#pe = pe;
    this.#what = what;
    this.element = pe.current;
    this.#entry = pe.currentEntry;
    const frames = pe.current?.frames;
    if (frames === undefined) {
      this.promise = new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      });
      return;
    }
    // One that moves along with the element that waits.
    const promised = frames.wait();
    this.promised = promised;
    this.promise = promised as unknown as Promise<unknown>;
    this.#resolve = (value) => frames.settle(promised.id, true, value);
    this.#reject = (error) => frames.settle(promised.id, false, error);
  }

  /** The promise, listed among the waits of this PE until it is settled. */
  wait(): Promise<unknown> {
    if (!this.#isSettled) this.#pe.waits.add(this);
    return this.promise;
  }

  describeWaiter(): string {
    return describeWaiter(this.#pe.id, this.element, this.#entry);
  }

  describeAim(): string {
    return this.#what();
  }

  resolve(value: unknown): void {
    this.#settled();
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#settled();
    this.#reject(error);
  }

  address(): { readonly pe: number; readonly id: number } {
    if (this.#id === 0) this.#id = this.#pe.futures.register(this);
    return { pe: this.#pe.id, id: this.#id };
  }

  #settled(): void {
    this.#isSettled = true;
    this.#pe.waits.delete(this);
    if (this.#id !== 0) this.#pe.futures.forget(this.#id);
    this.#pe.continuation.settling(this.element, this.#entry);
    this.#pe.resumeSoon();
  }
}

/** The reply to a question from another PE. */
export class RemoteReply implements ReplyTarget {
  readonly #pe: Pe;
  readonly #to: number;
  readonly #id: number;

  constructor(pe: Pe, to: number, id: number) {
    this.#pe = pe;
    this.#to = to;
    this.#id = id;
  }

  resolve(value: unknown): void {
    this.#pe.futures.settle(this.#to, this.#id, true, value);
  }

  reject(error: unknown): void {
    this.#pe.futures.settle(this.#to, this.#id, false, error);
  }

  address(): { readonly pe: number; readonly id: number } {
    return { pe: this.#to, id: this.#id };
  }
}

/**
 * A value that will be there later. Made by `charm.future()`; may be sent to any chare, which may `set` it once;
 * only the PE that made it can wait for it. A future is also a callback: a reduction can end in it.
 */
export class Future<T = void> extends Callback<T> {
  readonly #pe: Pe;
  readonly #home: number;
  readonly #id: number;
  readonly #pending: Pending | undefined;
  /** What it waits for, where its chare came to. */
  readonly #promised: Promised | undefined;

  constructor(pe: Pe, home: number, id: number, pending: Pending | undefined, promised?: Promised) {
    super();
    this.#pe = pe;
    this.#home = home;
    this.#id = id;
    this.#pending = pending;
    this.#promised = promised;
  }

  /** The value. @throws UsageError on another PE than the one that made the future. */
  get(): Promise<T> {
    if (this.#pending !== undefined) return this.#pending.wait() as Promise<T>;
    if (this.#promised !== undefined) return this.#promised as unknown as Promise<T>;
    throw new UsageError(`a future can be waited for on PE ${this.#home}, where it was made, not on PE ${this.#pe.id}`);
  }

  /** Gives it its value; a second value is ignored. */
  set(value: T): void {
    this.#pe.futures.settle(this.#home, this.#id, true, value);
  }

  /** Makes `get` reject with `error`. */
  reject(error: unknown): void {
    this.#pe.futures.settle(this.#home, this.#id, false, error);
  }

  send(value: T): void {
    this.set(value);
  }

  [writeHandle](writer: Writer): void {
    writer.u8(HandleKind.future);
    writer.u32(this.#home);
    writer.f64(this.#id);
    this.#writePromised(writer);
  }

  /** In the state of the resumable chare that made it: what it waits for, which it takes along. */
  #writePromised(writer: Writer): void {
    const promised = this.#pending?.promised ?? this.#promised;
    const isTaken = promised?.scope !== undefined && promised.scope === unpackingScope();
    if (promised === undefined || !isTaken) return writer.u8(0);
    writer.u8(1 + promised.status);
    if (promised.status === Status.pending) writer.f64(promised.id);
    else encodeValue(writer, promised.value, 'the value of a future');
  }
}

/** The promises of one PE that others can settle. */
export class FutureTable {
  readonly #pe: Pe;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  constructor(pe: Pe) {
    this.#pe = pe;
    pe.handle(FrameKind.future, (frame) => this.#onFrame(frame));
  }

  register(pending: Pending): number {
    const id = this.#nextId++;
    this.#pending.set(id, pending);
    return id;
  }

  forget(id: number): void {
    this.#pending.delete(id);
  }

  /** A future of this PE, or of another one, met in a message. */
  refer<T>(home: number, id: number, promised?: Promised): Future<T> {
    if (promised !== undefined) return new Future<T>(this.#pe, home, id, undefined, promised);
    return new Future<T>(this.#pe, home, id, home === this.#pe.id ? this.#pending.get(id) : undefined);
  }

  make<T>(): Future<T> {
    const pending = new Pending(this.#pe, () => 'a future that nobody has set');
    const { pe, id } = pending.address();
    return new Future<T>(this.#pe, pe, id, pending);
  }

  settle(home: number, id: number, isValue: boolean, value: unknown): void {
    if (home === this.#pe.id) return this.#settleHere(id, isValue, value);
    const writer = this.#pe.writer;
    const event = this.#pe.trace === undefined ? 0 : ++this.#pe.lastEvent;
    writer.begin(FrameKind.future, isValue ? 1 : 0, 0, 0, this.#pe.id);
    writer.f64(id);
    writer.u32(event);
    encodeValue(writer, value, 'the value of a future');
    writer.end();
    this.#pe.trace?.replied(event, home, writer.frameBytes);
    this.#pe.send(home);
  }

  #onFrame(frame: Reader): void {
    const isValue = frame.flags === 1;
    const id = frame.f64();
    const event = frame.u32();
    const value = decodeValue(frame, this.#pe.context);
    const { continuation } = this.#pe;
    continuation.causedBy(frame.source, event);
    this.#settleHere(id, isValue, value);
    continuation.causedBy(0, 0);
  }

  #settleHere(id: number, isValue: boolean, value: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    if (isValue) pending.resolve(value);
    else pending.reject(value);
  }
}
