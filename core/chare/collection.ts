/**
 * A collection on one PE: all singletons of a class, an array, a group or a node group. Knows which elements are
 * here, where the others are, and how to reach them.
 *
 * A message to an element goes
 *  1. straight into the queue if the element is here;
 *  2. to the PE where it is known to be, else to its home PE;
 *  3. at home, if no element has the key yet, it waits until one is created.
 *
 * A collection object exists from the moment its number is first met on a PE, which can be before its creation
 * message; until that has come it holds everything that it is asked to send.
 */
import { CharmError, describePlace, describeThrown, EntryError, UsageError } from '../base/errors.ts';
import { BroadcastManager } from '../collective/broadcast.ts';
import { ReductionManager } from '../collective/reduction.ts';
import { type TreePlace, treePlace } from '../collective/spanning-tree.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import { EntryFlag, FrameKind } from '../message/envelope.ts';
import { Pending, RemoteReply, type ReplyTarget } from '../message/future.ts';
import { readKey, readOptions, writeKey, writeOptions } from '../message/handle-kinds.ts';
import type { ChareType } from '../message/registry.ts';
import { EntryTask } from '../pe/entry-task.ts';
import type { Pe } from '../pe/pe.ts';
import type { Reader } from '../pup/reader.ts';
import { decodeArguments, encodeArguments } from '../pup/value-codec.ts';
import { type ChareBase, construct } from './chare.ts';
import { ElementRecord } from './element.ts';
import { type ElementTable, makeElementTable } from './element-table.ts';
import type { IndexSpace, Key } from './index-space.ts';
import { type HomeOf, roundRobinHome } from './placement.ts';
import { ArrayProxyImpl, type EntryProxy, GroupProxyImpl } from './proxy.ts';
import type { SendOptions } from './proxy-types.ts';
import { type Shape, ShapeKind } from './shape.ts';

export class Collection {
  readonly pe: Pe;
  readonly id: number;
  readonly type: ChareType;
  readonly shape: Shape;
  readonly space: IndexSpace;
  /** The PE that created it: root of its trees. */
  readonly root: number;
  readonly tree: TreePlace;
  readonly locals: ElementTable;
  /** The elements here, in the order they came. */
  readonly elements: ElementRecord[] = [];
  readonly broadcasts: BroadcastManager;
  readonly reductions: ReductionManager;
  readonly broadcastProxy: EntryProxy;
  /** Initial elements are still being inserted: no reduction ends. */
  isInserting = false;
  readonly #wholeProxy: ArrayProxyImpl | GroupProxyImpl;
  #homeOf: HomeOf;
  /** False until the creation message has come. */
  #isReady = false;
  /** What waits for the creation message. */
  readonly #held: (() => void)[] = [];
  /** At home: where elements are that do not live here. */
  readonly #locations = new Map<Key, number>();
  /** At home: messages for keys that no element has. */
  readonly #unclaimed = new Map<Key, Uint8Array[]>();
  /** Acknowledgements of `doneInserting` still to come. */
  #insertingAcks = 0;
  #insertingDone: Pending | undefined = undefined;

  constructor(pe: Pe, id: number, type: ChareType, shape: Shape, root: number) {
    this.pe = pe;
    this.id = id;
    this.type = type;
    this.shape = shape;
    this.space = shape.space(type, pe.pes, pe.nodes);
    this.root = root;
    this.tree = treePlace(pe.id, pe.pes, root);
    this.locals = makeElementTable(this.space.size, pe.pes);
    this.broadcasts = new BroadcastManager(this);
    this.reductions = new ReductionManager(this);
    this.broadcastProxy = new type.proxies.broadcast(this, undefined, undefined);
    this.#wholeProxy = shape.isGroup ? new GroupProxyImpl(this) : new ArrayProxyImpl(this);
    this.#homeOf = roundRobinHome(pe.pes);
  }

  /** True where elements may come after creation. */
  get isOpen(): boolean {
    return this.shape.kind === ShapeKind.sparse;
  }

  get arrayProxy(): ArrayProxyImpl {
    if (this.shape.isArray) return this.#wholeProxy as ArrayProxyImpl;
    const right = this.shape.isGroup ? 'this.group' : 'this.self';
    throw new UsageError(`${this.type.name} is not in an array here; use ${right}`);
  }

  get groupProxy(): GroupProxyImpl {
    if (this.shape.isGroup) return this.#wholeProxy as GroupProxyImpl;
    const right = this.shape.isArray ? 'this.array' : 'this.self';
    throw new UsageError(`${this.type.name} is not in a group here; use ${right}`);
  }

  /** Elements here keep their proxy: making one costs a fifth of a local message. */
  elementProxy(key: Key): EntryProxy {
    const element = this.locals.get(key);
    if (element === undefined) return new this.type.proxies.element(this, key, undefined);
    element.proxy ??= new this.type.proxies.element(this, key, undefined);
    return element.proxy;
  }

  /** `Ring[3]`, or `Ring` for the whole collection. */
  labelOf(key: Key | undefined): string {
    return key === undefined ? this.type.name : `${this.type.name}[${this.space.describe(key)}]`;
  }

  branchHere(): ChareBase | undefined {
    return this.elements[0]?.chare;
  }

  // ---- sending ----

  tell(key: Key, entry: EntryMethod, args: unknown[], options: SendOptions | undefined): void {
    const element = this.locals.get(key);
    if (element === undefined) this.#sendAway(key, entry, args, options, undefined);
    else this.pe.post(new EntryTask(element, entry, args, undefined, this.pe.id), options);
  }

  ask(key: Key, entry: EntryMethod, args: unknown[], options: SendOptions | undefined): Promise<unknown> {
    const reply = new Pending(this.pe, () => `the answer of ${this.labelOf(key)}.${entry.name}`);
    const element = this.locals.get(key);
    if (element === undefined) this.#sendAway(key, entry, args, options, reply);
    else this.pe.post(new EntryTask(element, entry, args, reply, this.pe.id), options);
    return reply.wait();
  }

  broadcast(entry: EntryMethod, args: unknown[], options: SendOptions | undefined): void {
    if (!this.#whenReady(() => this.broadcasts.send(entry, args, options))) return;
    this.broadcasts.send(entry, args, options);
  }

  #sendAway(
    key: Key,
    entry: EntryMethod,
    args: unknown[],
    options: SendOptions | undefined,
    reply: ReplyTarget | undefined,
  ): void {
    if (!this.#whenReady(() => this.#sendAway(key, entry, args, options, reply))) return;
    this.#encodeEntry(key, entry, args, options, reply);
    const to = this.#whereIs(key);
    if (to !== this.pe.id) this.pe.send(to);
    else this.#holdUnclaimed(key, this.pe.writer.copyFrame());
  }

  /** True if the collection is ready; otherwise `action` is kept for when it is. */
  #whenReady(action: () => void): boolean {
    if (this.#isReady) return true;
    this.pe.hold();
    this.#held.push(action);
    return false;
  }

  #whereIs(key: Key): number {
    return this.#locations.get(key) ?? this.#homeOf(key);
  }

  /** Body: key, then if flagged the reply address and the send options, then the arguments. */
  #encodeEntry(
    key: Key,
    entry: EntryMethod,
    args: unknown[],
    options: SendOptions | undefined,
    reply: ReplyTarget | undefined,
  ): void {
    const writer = this.pe.writer;
    let flags = 0;
    if (typeof key === 'string') flags |= EntryFlag.textKey;
    if (reply !== undefined) flags |= EntryFlag.reply;
    if (options !== undefined) flags |= EntryFlag.options;
    writer.begin(FrameKind.entry, flags, entry.id, this.id, this.pe.id);
    if (typeof key === 'string') writer.text(key);
    else writer.f64(key);
    if (reply !== undefined) {
      const { pe, id } = reply.address();
      writer.u32(pe);
      writer.f64(id);
    }
    if (options !== undefined) writeOptions(writer, options);
    encodeArguments(writer, args, `${this.type.name}.${entry.name}`);
    writer.end();
  }

  // ---- receiving ----

  onFrame(kind: number, frame: Reader): void {
    if (!this.#isReady) {
      const copy = frame.copy();
      this.#whenReady(() => this.pe.replay(copy));
      return;
    }
    switch (kind) {
      case FrameKind.entry:
        return this.#onEntry(frame);
      case FrameKind.broadcastRequest:
      case FrameKind.broadcast:
        return this.broadcasts.onFrame(kind, frame);
      case FrameKind.insert:
        return this.#onInsert(frame);
      case FrameKind.doneInserting:
        return this.#onDoneInserting(frame.source);
      case FrameKind.insertingDone:
        return this.#onInsertingDone();
      case FrameKind.location:
        return this.#onLocation(frame);
      default:
        return this.reductions.onFrame(kind, frame);
    }
  }

  #onEntry(frame: Reader): void {
    const flags = frame.flags;
    const key = (flags & EntryFlag.textKey) === 0 ? frame.f64() : frame.text();
    const element = this.locals.get(key);
    if (element === undefined) return this.#passOn(key, frame);
    const entry = this.type.table.byId(frame.small);
    const reply = (flags & EntryFlag.reply) === 0 ? undefined : new RemoteReply(this.pe, frame.u32(), frame.f64());
    const options = (flags & EntryFlag.options) === 0 ? undefined : readOptions(frame);
    const args = decodeArguments(frame, this.pe.handleReader);
    this.pe.post(new EntryTask(element, entry, args, reply, frame.source), options);
  }

  #passOn(key: Key, frame: Reader): void {
    const to = this.#whereIs(key);
    if (to === this.pe.id) this.#holdUnclaimed(key, frame.copy());
    else this.pe.forward(to, frame);
  }

  #holdUnclaimed(key: Key, frame: Uint8Array): void {
    this.pe.hold();
    const waiting = this.#unclaimed.get(key);
    if (waiting === undefined) this.#unclaimed.set(key, [frame]);
    else waiting.push(frame);
  }

  #releaseUnclaimed(key: Key): void {
    const frames = this.#unclaimed.get(key);
    if (frames === undefined) return;
    this.#unclaimed.delete(key);
    for (const frame of frames) {
      this.pe.release();
      this.pe.replay(frame);
    }
  }

  // ---- creation ----

  /** Sets up the collection and constructs this PE's elements. `keys` are theirs; args are shared by all. */
  populate(homeOf: HomeOf, keys: readonly Key[], isInserting: boolean, args: readonly unknown[]): void {
    this.#homeOf = homeOf;
    this.isInserting = isInserting;
    const first = this.elements.length;
    for (const key of keys) this.#admit(new ElementRecord(this, key, 1, 0));
    this.reductions.populated(keys.length);
    this.#isReady = true;
    for (let i = first; i < first + keys.length; i++) this.#construct(this.elements[i]!, args);
    for (const action of this.#held.splice(0)) {
      this.pe.release();
      action();
    }
  }

  #admit(element: ElementRecord): void {
    this.locals.set(element.key, element);
    this.elements.push(element);
  }

  #construct(element: ElementRecord, args: readonly unknown[]): void {
    try {
      this.pe.current = element;
      construct(element, this.type.create, args);
    } catch (cause) {
      const place = { pe: this.pe.id, chare: element.label, entry: 'constructor' };
      this.pe.fail(new EntryError('ERR_CONSTRUCTOR_FAILED', describeThrown(cause), place, { cause }));
    } finally {
      this.pe.current = undefined;
    }
  }

  /** Adds one element, on `onPe` or its home PE; `created` hears when it has been constructed. */
  insert(key: Key, args: readonly unknown[], onPe: number | undefined, options?: SendOptions, created?: Pending): void {
    if (!this.#whenReady(() => this.insert(key, args, onPe, options, created))) return;
    if (!this.isOpen && this.shape.kind !== ShapeKind.singleton)
      throw new UsageError(`${this.labelOf(key)} can't be inserted: the collection is complete`);
    const home = this.#homeOf(key);
    const to = onPe ?? home;
    if (!Number.isInteger(to) || to < 0 || to >= this.pe.pes)
      throw new UsageError(`onPe is ${to}; PEs are 0 to ${this.pe.pes - 1}`);
    const nextReduction = this.reductions.firstOfNewborn();
    if (to !== home) this.#tellHome(key, home, to);
    const writer = this.pe.writer;
    writer.begin(FrameKind.insert, created === undefined ? 0 : EntryFlag.reply, 0, this.id, this.pe.id);
    writeKey(writer, key);
    writer.f64(nextReduction);
    writer.f64(this.broadcasts.ran);
    if (created !== undefined) writer.f64(created.address().id);
    writeOptions(writer, options);
    encodeArguments(writer, [...args], `constructor of ${this.labelOf(key)}`);
    writer.end();
    this.reductions.bornByUs(nextReduction);
    if (to === this.pe.id) this.pe.replaySealedFrame();
    else this.pe.send(to);
  }

  #onInsert(frame: Reader): void {
    const key = readKey(frame)!;
    const element = new ElementRecord(this, key, frame.f64(), frame.f64());
    const reply =
      (frame.flags & EntryFlag.reply) === 0 ? undefined : new RemoteReply(this.pe, frame.source, frame.f64());
    const options = readOptions(frame);
    const args = decodeArguments(frame, this.pe.handleReader);
    // Construction is a task, so that a seed waits for its turn by priority.
    const target = this.isOpen ? this : key;
    this.pe.post({ source: frame.source, target, run: () => this.#create(element, args, reply) }, options);
  }

  #create(element: ElementRecord, args: readonly unknown[], reply: ReplyTarget | undefined): void {
    if (this.locals.get(element.key) !== undefined) {
      throw new CharmError('ERR_DUPLICATE_ELEMENT', `${element.label} was inserted twice`, {
        pe: this.pe.id,
        chare: element.label,
      });
    }
    this.#admit(element);
    this.reductions.arrived(element.nextReduction);
    this.#construct(element, args);
    this.broadcasts.catchUp(element);
    reply?.resolve(undefined);
    this.#releaseUnclaimed(element.key);
  }

  #tellHome(key: Key, home: number, pe: number): void {
    if (home === this.pe.id) return this.#learn(key, pe);
    const writer = this.pe.writer;
    writer.begin(FrameKind.location, 0, 0, this.id, this.pe.id);
    writeKey(writer, key);
    writer.u32(pe);
    writer.end();
    this.pe.send(home);
  }

  #onLocation(frame: Reader): void {
    this.#learn(readKey(frame)!, frame.u32());
  }

  #learn(key: Key, pe: number): void {
    const known = this.#locations.get(key);
    if ((known !== undefined && known !== pe) || this.locals.get(key) !== undefined) {
      throw new CharmError(
        'ERR_DUPLICATE_ELEMENT',
        `${this.labelOf(key)} was inserted twice, on PE ${known ?? this.pe.id} and PE ${pe}`,
      );
    }
    this.#locations.set(key, pe);
    this.#releaseUnclaimed(key);
  }

  // ---- end of initial insertion ----

  /** Goes to every PE directly, behind the insertions that this PE has sent there. */
  doneInserting(): Promise<void> {
    if (this.#insertingDone === undefined) {
      this.#insertingDone = new Pending(this.pe, () => `the end of inserting into ${this.type.name}`);
      this.#insertingAcks = this.pe.pes;
      for (let to = 0; to < this.pe.pes; to++) {
        if (to === this.pe.id) continue;
        this.pe.writer.begin(FrameKind.doneInserting, 0, 0, this.id, this.pe.id);
        this.pe.writer.end();
        this.pe.send(to);
      }
      this.#onDoneInserting(this.pe.id);
    }
    return this.#insertingDone.wait() as Promise<void>;
  }

  #onDoneInserting(by: number): void {
    // A task, so that it runs behind the insertions that came before it.
    const run = (): void => {
      this.isInserting = false;
      this.reductions.advance();
      if (by === this.pe.id) return this.#onInsertingDone();
      this.pe.writer.begin(FrameKind.insertingDone, 0, 0, this.id, this.pe.id);
      this.pe.writer.end();
      this.pe.send(by);
    };
    this.pe.post({ source: by, target: this, run }, undefined);
  }

  #onInsertingDone(): void {
    this.#insertingAcks--;
    if (this.#insertingAcks > 0) return;
    this.#insertingDone?.resolve(undefined);
    this.#insertingDone = undefined;
  }

  /** Lines for the stuck report: elements, but for those already named, whose async methods have not ended. */
  describeUnended(named: ReadonlySet<ElementRecord>): string[] {
    const { id: pe } = this.pe;
    return this.elements
      .filter((element) => element.entriesInFlight > 0 && !named.has(element))
      .map((element) => `${describePlace({ pe, chare: element.label })}: an async method that has begun has not ended`);
  }

  /** Lines for the stuck report. */
  describeOpen(): string[] {
    const lines: string[] = [];
    if (!this.#isReady) lines.push(`${this.#held.length} messages wait for the creation of ${this.type.name}`);
    if (this.isInserting) lines.push(`${this.type.name} waits for doneInserting()`);
    for (const [key, frames] of this.#unclaimed) {
      lines.push(
        `${frames.length} message${frames.length === 1 ? '' : 's'} wait for ${this.labelOf(key)}, which does not exist`,
      );
    }
    const reduction = this.reductions.describeOpen();
    if (reduction !== undefined) lines.push(reduction);
    return lines;
  }
}
