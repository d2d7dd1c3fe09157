/**
 * `ElementFrames`: the async entry methods of one element that are under way, of a class with `static resumable = true`, compiled to be
 * resumable (core/resumable). They move along with the element.
 *
 *  1. Entry methods of such a class run in its scope; what the runtime gives them to wait for are `Promised`, which can be packed.
 *  2. A wait that is settled from outside has a number. It is settled where it was made: a reply, a future, the end of a reduction or a
 *     timer comes to that PE, which passes it on to the element, wherever it is, as a message.
 *  3. What is settled makes activations ready; they go on in a microtask turn, in this order, with the element as `pe.current`.
 *  4. When the element moves, its activations go into its frame, together with its fields, so that what they share stays shared.
 *     What can't be packed, and what waits for promises of others, holds it in place.
 *  5. While the element is to move, each await suspends, so that it goes at the next one.
 *
 * Invariant: `entriesInFlight` counts these activations too; `movable` says how many of them would come along.
 */
import { CharmError, describeThrown } from '../base/errors.ts';
import { type EntryMethod, systemEntry } from '../message/entry-table.ts';
import { FrameKind } from '../message/envelope.ts';
import { RemoteReply, type ReplyTarget } from '../message/future.ts';
import { Request, type RequestWire } from '../message/request.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeState } from '../pup/decode.ts';
import { encodeState } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { Writer } from '../pup/writer.ts';
import { Activation } from '../resumable/activation.ts';
import { Combination } from '../resumable/combine.ts';
import type { OpenRequest, Promised as PromisedType } from '../resumable/promised.ts';
import { Promised, Status, whilePacking } from '../resumable/promised.ts';
import { type Scope, setRunningScope } from '../resumable/scope.ts';
import { ChareBase } from './chare.ts';
import type { ElementRecord } from './element.ts';
import { Mailbox } from './mailbox.ts';

/** An entry method under way, and who gets its result. */
interface Root {
  readonly activation: Activation;
  readonly entry: EntryMethod;
  readonly reply: ReplyTarget | undefined;
}

type PackedRoot = [activation: Activation, entry: number, pe: number, id: number];

interface PackedFrames {
  readonly roots: readonly PackedRoot[];
  readonly live: readonly Activation[];
  readonly ready: readonly Activation[];
  readonly nextWait: number;
  readonly sync: Promised | undefined;
}

interface Outer {
  readonly current: ElementRecord | undefined;
  readonly entry: EntryMethod | undefined;
}

export class ElementFrames implements Scope {
  readonly element: ElementRecord;
  readonly pe: Pe;
  /** What `await this.atSync()` waits for. */
  sync: Promised | undefined = undefined;
  /** Entry methods under way that move along. */
  movable = 0;
  readonly #roots = new Map<Activation, Root>();
  readonly #waits = new Map<number, Promised>();
  /** Further objects for one wait: a future that was packed beside what waits for it. */
  readonly #twins = new Map<number, Promised>();
  #nextWait = 1;
  /** Activations that have suspended and not ended, in the order in which they first did. */
  #first: Activation | undefined = undefined;
  #last: Activation | undefined = undefined;
  #ready: Activation[] = [];
  /** Requests for messages that were open when the element left, and races between them. */
  #reopened: { readonly promised: Promised; readonly request: RequestWire }[] = [];
  #races: Combination[] = [];
  #hasWarned = false;
  #arrived: PackedFrames | undefined = undefined;

  constructor(element: ElementRecord) {
    this.element = element;
    this.pe = element.collection.pe;
  }

  /** Those of the element whose code runs now, if it is resumable. */
  static current(pe: Pe): ElementFrames | undefined {
    return pe.current?.frames;
  }

  get mustYield(): boolean {
    return this.element.moveTo !== -1;
  }

  // ---- running ----

  enter(): Outer {
    const { pe } = this;
    const outer = { current: pe.current, entry: pe.currentEntry };
    pe.current = this.element;
    return outer;
  }

  leave({ current, entry }: Outer): void {
    this.pe.current = current;
    this.pe.currentEntry = entry;
  }

  ready(activation: Activation): void {
    this.#ready.push(activation);
    if (this.#ready.length > 1) return;
    this.pe.resumeSoon();
    void settled.then(() => this.#goOn());
  }

  #goOn(): void {
    const { element, pe } = this;
    if (element.isGone || pe.isStopped || this.#ready.length === 0) return;
    const ready = this.#ready;
    this.#ready = [];
    element.entriesInFlight++;
    pe.continuation.goesOn(element, this.#entryOf(ready[0]!));
    pe.guard(() => {
      for (const activation of ready) activation.goOn();
    });
    pe.current = undefined;
    pe.ended(element);
    if (element.moveTo !== -1) pe.guard(() => pe.settle(element));
  }

  #entryOf(activation: Activation): EntryMethod | undefined {
    let a: Activation | undefined = activation;
    while (a?.waiter !== undefined) a = a.waiter;
    return this.#roots.get(a)?.entry;
  }

  hold(): void {
    this.element.entriesInFlight++;
  }

  release(): void {
    this.pe.ended(this.element);
  }

  began(activation: Activation): void {
    activation.isListed = true;
    activation.previous = this.#last;
    if (this.#last === undefined) this.#first = activation;
    else this.#last.next = activation;
    this.#last = activation;
  }

  ended(activation: Activation): void {
    const { previous, next } = activation;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    activation.isListed = false;
    activation.previous = undefined;
    activation.next = undefined;
    const root = this.#roots.get(activation);
    if (root !== undefined) this.#rootEnded(root);
  }

  // ---- entry methods ----

  /** An entry method has given `result`. True if it is one that moves along. */
  follow(result: unknown, entry: EntryMethod, reply: ReplyTarget | undefined): boolean {
    if (!(result instanceof Activation) || result.scope !== this || reply?.isBound === true) return false;
    result.isAsked = true;
    if (result.status !== Status.pending) {
      this.pe.answer(result.status === Status.fulfilled, result.value, this.element, entry, reply);
      return true;
    }
    this.#roots.set(result, { activation: result, entry, reply });
    this.element.entriesInFlight++;
    this.movable++;
    return true;
  }

  #rootEnded({ activation, entry, reply }: Root): void {
    this.#roots.delete(activation);
    this.movable--;
    this.pe.answer(activation.status === Status.fulfilled, activation.value, this.element, entry, reply);
    this.pe.ended(this.element);
  }

  // ---- waits ----

  /** Something to wait for that `settle` settles. */
  wait(request?: OpenRequest): Promised {
    const promised = new Promised(this);
    promised.request = request;
    if (request !== undefined) return promised;
    promised.id = this.#nextWait++;
    this.#waits.set(promised.id, promised);
    return promised;
  }

  /** The wait with that number, of which there may be no other trace. */
  waitNumbered(id: number): Promised {
    const promised = new Promised(this);
    // Whose rejection is reported is what was waited for first.
    promised.isAsked = true;
    promised.id = id;
    if (this.#waits.has(id)) this.#twins.set(id, promised);
    else this.#waits.set(id, promised);
    return promised;
  }

  /** Settles a wait; where the element has gone, by a message. */
  settle(id: number, isValue: boolean, value: unknown): void {
    const { element } = this;
    if (element.isGone) {
      const { collection, key } = element;
      if (!element.mustDie)
        collection.sendAs(this.pe.id, 0, key, settleEntry, [id, isValue, value], undefined, undefined);
      return;
    }
    const status = isValue ? Status.fulfilled : Status.rejected;
    for (const table of [this.#waits, this.#twins]) {
      const promised = table.get(id);
      table.delete(id);
      promised?.settle(status, value);
    }
  }

  /** The AtSync step is done. True if somebody awaits that. */
  endOfSync(): boolean {
    const { sync } = this;
    if (sync === undefined) return false;
    this.sync = undefined;
    this.#waits.delete(sync.id);
    sync.settle(Status.fulfilled, undefined);
    return sync.isAsked;
  }

  // ---- moves ----

  get isActive(): boolean {
    return this.#first !== undefined;
  }

  /** False, with a warning, if something that waits can't be packed. */
  canBePacked(): boolean {
    if (!this.isActive) return true;
    try {
      const writer = new Writer(this.pe.registry.classes);
      writer.begin(FrameKind.migrate, 0, 0, 0, this.pe.id);
      this.write(writer, stateOf(this.element));
      return true;
    } catch (error) {
      if (!(error instanceof CharmError) || error.code !== 'ERR_NOT_ENCODABLE') throw error;
      if (!this.#hasWarned) console.warn(`${this.element.label} stays on PE ${this.pe.id}: ${describeThrown(error)}`);
      this.#hasWarned = true;
      return false;
    }
  }

  /** Fields and frames in one, so that what they share stays shared. */
  write(writer: Writer, state: unknown): void {
    const { element, pe } = this;
    whilePacking(this, () =>
      encodeState(writer, [state, this.#pack()], `${this.#describe()} which shall migrate,`, [
        element.chare!,
        pe.charm,
      ]),
    );
  }

  #describe(): string {
    const where: string[] = [];
    for (let a = this.#first; a !== undefined && where.length < 4; a = a.next) where.push(a.code.describe(a.point));
    return `the state of ${this.element.label}, with calls of ${where.join(', ')},`;
  }

  #pack(): PackedFrames {
    const roots = [...this.#roots.values()].map(({ activation, entry, reply }): PackedRoot => {
      const { pe, id } = reply?.address() ?? { pe: 0, id: 0 };
      return [activation, entry.id, pe, id];
    });
    const live: Activation[] = [];
    for (let a = this.#first; a !== undefined; a = a.next) live.push(a);
    return { roots, live, ready: this.#ready, nextWait: this.#nextWait, sync: this.sync };
  }

  /** Reads what `write` wrote: gives the fields, and keeps the rest for `begin`. */
  read(reader: Reader): unknown {
    const { element, pe } = this;
    const [state, packed] = whilePacking(this, () => decodeState(reader, pe.context, [element.chare!, pe.charm])) as [
      unknown,
      PackedFrames,
    ];
    this.#arrived = packed;
    return state;
  }

  /** The element is whole and in the tables: what was ready goes on. */
  begin(): void {
    const arrived = this.#arrived;
    this.#arrived = undefined;
    if (arrived !== undefined) this.#unpack(arrived);
  }

  #unpack({ roots, live, ready, nextWait, sync }: PackedFrames): void {
    const { element, pe } = this;
    const { table } = element.collection.type;
    this.#nextWait = nextWait;
    this.sync = sync;
    for (const [activation, entry, to, id] of roots) {
      const reply = id === 0 ? undefined : new RemoteReply(pe, to, id);
      this.#roots.set(activation, { activation, entry: table.byId(entry), reply });
      element.entriesInFlight++;
      this.movable++;
    }
    for (const activation of live) this.began(activation);
    this.#reopen();
    for (const activation of ready) this.ready(activation);
  }

  adopt(promised: PromisedType, request: unknown): void {
    if (promised.status !== Status.pending) return;
    if (promised instanceof Combination) this.#races.push(promised);
    if (request !== undefined) this.#reopened.push({ promised, request: request as RequestWire });
    else if (promised.id !== 0) {
      const known = this.#waits.get(promised.id);
      this.#waits.set(promised.id, promised);
      if (known !== undefined) this.#twins.set(promised.id, known);
    }
  }

  #reopen(): void {
    const reopened = this.#reopened.splice(0).sort((a, b) => a.request.serial - b.request.serial);
    for (const { promised, request } of reopened) Request.reopen(Mailbox.of(this.element), promised, request);
    for (const race of this.#races.splice(0)) race.compete();
  }

  left(): void {
    this.#ready = [];
  }
}

const settled = Promise.resolve();

/** What of a chare travels. */
export function stateOf(element: ElementRecord): unknown {
  const chare = element.chare as ChareBase & { pack?(): unknown };
  return typeof chare.pack === 'function' ? chare.pack() : { ...chare };
}

/** Calls code of a chare in its scope. */
export function callInScope<R>(
  chare: object,
  run: (this: object, ...args: unknown[]) => R,
  args: readonly unknown[],
): R {
  return inScopeOf(ChareBase.recordOf(chare as ChareBase).frames, () => run.apply(chare, args as unknown[]));
}

export function inScopeOf<R>(frames: ElementFrames | undefined, action: () => R): R {
  const outer = setRunningScope(frames);
  try {
    return action();
  } finally {
    setRunningScope(outer);
  }
}

/** The word from another PE that something is settled. */
export const settleEntry = systemEntry(3, 'goes on', function (this: object, id, isValue, value) {
  ChareBase.recordOf(this as ChareBase).frames?.settle(id as number, isValue as boolean, value);
});
