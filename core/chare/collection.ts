/**
 * A collection on one PE: all singletons of a class, an array, a group or a node group. Knows the elements that are
 * here; the location manager finds the others.
 *
 * A collection object exists from the moment its number is first met on a PE, which can be before its creation
 * message; until that has come it holds everything that it is asked to send.
 */
import type { Aggregation } from '../aggregation/aggregator.ts';
import { EntryMeter } from '../balance/entry-meter.ts';
import { describePlace, describeThrown, EntryError, UsageError } from '../base/errors.ts';
import { BroadcastManager } from '../collective/broadcast.ts';
import { ReductionManager } from '../collective/reduction.ts';
import { type TreePlace, treePlace } from '../collective/spanning-tree.ts';
import { BoundSet } from '../location/bound-set.ts';
import { LocationManager } from '../location/location-manager.ts';
import { immigrate } from '../location/migration.ts';
import type { EntryMethod } from '../message/entry-table.ts';
import { ElementFlag, FrameKind, frameEvent } from '../message/envelope.ts';
import { Pending, RemoteReply, type ReplyTarget } from '../message/future.ts';
import { readOptions, writeOptions } from '../message/handle-kinds.ts';
import type { ChareType } from '../message/registry.ts';
import { EntryTask, PlainTask, queuedFor } from '../pe/entry-task.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeArguments } from '../pup/decode.ts';
import { encodeArguments } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { type ChareBase, construct } from './chare.ts';
import { mayRunOnArrival } from './direct-call.ts';
import { ElementRecord } from './element.ts';
import { inScopeOf } from './element-frames.ts';
import { type ElementTable, makeElementTable } from './element-table.ts';
import type { IndexSpace, Key } from './index-space.ts';
import { InsertionManager } from './insertion.ts';
import { roundRobinHome } from './placement.ts';
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
  /** Its constructor is running. */
  constructing: ElementRecord | undefined = undefined;
  /** Its elements take part in AtSync. */
  usesAtSync = false;
  readonly #wholeProxy: ArrayProxyImpl | GroupProxyImpl;
  /** The arrays whose elements move together with those of this one. */
  boundSet = new BoundSet(this);
  location: LocationManager;
  readonly insertion = new InsertionManager(this);
  /** By slot of the entry; made when first needed. */
  readonly meters: (EntryMeter | undefined)[] = [];
  /** The same for what async methods do behind an await. */
  readonly waitMeters: (EntryMeter | undefined)[] = [];
  /** False until the creation message has come. */
  #isReady = false;
  /** What waits for the creation message. */
  readonly #held: (() => void)[] = [];

  constructor(pe: Pe, id: number, type: ChareType, shape: Shape, root: number) {
    this.pe = pe;
    this.id = id;
    this.type = type;
    this.shape = shape;
    this.progressBase = (type.id << 16) + 1;
    this.hasFlatKeys = shape.kind === ShapeKind.dense;
    this.space = shape.space(type, pe.pes, pe.nodes);
    this.root = root;
    this.tree = treePlace(pe.id, root, pe);
    this.locals = makeElementTable(this.space.size, pe.pes);
    this.broadcasts = new BroadcastManager(this);
    this.reductions = new ReductionManager(this);
    this.broadcastProxy = new type.proxies.broadcast(this, undefined, undefined);
    this.#wholeProxy = shape.isGroup ? new GroupProxyImpl(this) : new ArrayProxyImpl(this);
    this.location = new LocationManager(this.boundSet, roundRobinHome(pe.pes));
  }

  /** True if a key is a number that users know as the index. */
  readonly hasFlatKeys: boolean;
  /** Class and entry in one word, never 0, for the PE's progress words: this plus the entry's id. */
  readonly progressBase: number;

  /** True once the creation message has come. */
  get isReady(): boolean {
    return this.#isReady;
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
    return element?.proxy ?? this.#newProxy(element, key);
  }

  #newProxy(element: ElementRecord | undefined, key: Key): EntryProxy {
    const proxy = new this.type.proxies.element(this, key, undefined);
    if (element !== undefined) element.proxy = proxy;
    return proxy;
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
    const { edges } = this.pe;
    if (--edges.countdown === 0) edges.note(this.pe.current, this, key, args);
    const element = this.locals.get(key);
    const { pe } = this;
    if (element === undefined) this.#sendAway(key, entry, args, options, undefined, pe.id, 0);
    else if (options === undefined && pe.trace === undefined) pe.post(new PlainTask(element, entry, args));
    else {
      const event = this.#named(key, entry, options);
      pe.post(new EntryTask(element, entry, args, undefined, pe.id, options, event), options);
    }
  }

  ask(key: Key, entry: EntryMethod, args: unknown[], options: SendOptions | undefined): Promise<unknown> {
    const reply = new Pending(this.pe, () => `the answer of ${this.labelOf(key)}.${entry.name}`);
    this.send(key, entry, args, options, reply);
    return reply.wait();
  }

  send(
    key: Key,
    entry: EntryMethod,
    args: unknown[],
    options: SendOptions | undefined,
    reply: ReplyTarget | undefined,
  ): void {
    const { edges } = this.pe;
    if (--edges.countdown === 0) edges.note(this.pe.current, this, key, args);
    const isNamed = this.pe.trace !== undefined && this.locals.get(key) !== undefined;
    const event = isNamed ? this.#named(key, entry, options) : 0;
    this.sendAs(this.pe.id, event, key, entry, args, options, reply);
  }

  /** The same under a name that the message has already; see pe/trace-sink.ts. */
  sendAs(
    source: number,
    event: number,
    key: Key,
    entry: EntryMethod,
    args: unknown[],
    options: SendOptions | undefined,
    reply: ReplyTarget | undefined,
  ): void {
    const element = this.locals.get(key);
    if (element === undefined) this.#sendAway(key, entry, args, options, reply, source, event);
    else this.pe.post(new EntryTask(element, entry, args, reply, source, options, event), options);
  }

  /** Gives a message to an element here its number. */
  #named(key: Key, entry: EntryMethod, options: SendOptions | undefined): number {
    const { pe } = this;
    if (pe.trace === undefined || entry.isUntraced) return 0;
    pe.trace.sent(++pe.lastEvent, this, key, entry, options, 0);
    return pe.lastEvent;
  }

  broadcast(entry: EntryMethod, args: unknown[], options: SendOptions | undefined): void {
    if (!this.#isReady) return this.whenReady(() => this.broadcasts.send(entry, args, options));
    this.broadcasts.send(entry, args, options);
  }

  #sendAway(
    key: Key,
    entry: EntryMethod,
    args: unknown[],
    options: SendOptions | undefined,
    reply: ReplyTarget | undefined,
    source: number,
    event: number,
  ): void {
    if (!this.#isReady) return this.whenReady(() => this.#sendAway(key, entry, args, options, reply, source, event));
    const { pe } = this;
    const name = event !== 0 || pe.trace === undefined || entry.isUntraced ? event : ++pe.lastEvent;
    if (name !== event) pe.trace?.packing();
    const aggregate = options?.aggregate ?? false;
    const onWire = aggregate === false ? options : withoutAggregation(options);
    this.#encodeEntry(key, entry, args, onWire, reply, source, name);
    if (name !== event) pe.trace?.sent(name, this, key, entry, options, pe.writer.frameBytes);
    if (aggregate === false || !this.#aggregate(key, aggregate)) this.location.send(key);
  }

  /** Puts the sealed frame into a buffer, unless it is to wait here or too large. */
  #aggregate(key: Key, aggregate: true | Aggregation): boolean {
    const to = this.location.likelyPlaceOf(key);
    return to !== this.pe.id && this.pe.collections.aggregation.add(to, aggregate);
  }

  newMeter(slot: number): EntryMeter {
    return this.#addMeter(this.meters, slot);
  }

  newWaitMeter(slot: number): EntryMeter {
    return this.#addMeter(this.waitMeters, slot);
  }

  #addMeter(meters: (EntryMeter | undefined)[], slot: number): EntryMeter {
    const meter = new EntryMeter(this.progressBase + 977 * this.pe.id + slot, this.pe.clock.readSeconds);
    meters[slot] = meter;
    return meter;
  }

  /** Keeps `action` until the creation message has come. */
  whenReady(action: () => void): void {
    this.pe.hold();
    this.#held.push(action);
  }

  /** Body: prefix, then if flagged the reply address and the send options, then the arguments. */
  #encodeEntry(
    key: Key,
    entry: EntryMethod,
    args: unknown[],
    options: SendOptions | undefined,
    reply: ReplyTarget | undefined,
    source: number,
    event: number,
  ): void {
    const writer = this.pe.writer;
    let flags = 0;
    if (typeof key === 'string') flags |= ElementFlag.textKey;
    if (reply !== undefined) flags |= ElementFlag.reply;
    if (source !== this.pe.id) flags |= ElementFlag.sentOn;
    if (options !== undefined) {
      flags |= ElementFlag.options;
      if (options.create !== undefined)
        flags |= options.create === 'here' ? ElementFlag.createHere : ElementFlag.createHome;
    }
    writer.begin(FrameKind.entry, flags, entry.id, this.id, source);
    writer.elementPrefix(key, -1, event);
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
      this.whenReady(() => this.pe.replay(copy));
      return;
    }
    switch (kind) {
      case FrameKind.entry:
        return this.#onEntry(frame);
      case FrameKind.broadcastRequest:
      case FrameKind.broadcast:
        return this.broadcasts.onFrame(kind, frame);
      case FrameKind.broadcastsRun:
        return this.broadcasts.onRun(frame);
      case FrameKind.insert:
        return this.insertion.onInsert(frame);
      case FrameKind.doneInserting:
        return this.insertion.onDoneInserting(frame.source);
      case FrameKind.insertingDone:
        return this.insertion.onInsertingDone();
      case FrameKind.migrate:
        return immigrate(this, frame);
      case FrameKind.migrated:
        return this.broadcasts.onMigrated(frame);
      case FrameKind.location:
        return this.location.onLocation(frame);
      case FrameKind.fence:
        return this.location.onFence(frame);
      case FrameKind.fenceAnswer:
        return this.location.onFenceAnswer(frame);
      case FrameKind.sectionMember:
        return this.pe.collections.sections.onMemberFrame(this, frame);
      default:
        return this.reductions.onFrame(kind, frame);
    }
  }

  #onEntry(frame: Reader): void {
    const key = frame.elementKey();
    const element = this.locals.get(key);
    if (element === undefined) return this.location.passOn(key, frame);
    const { flags, source } = frame;
    const entry = this.type.table.byId(frame.small);
    const reply = (flags & ElementFlag.reply) === 0 ? undefined : new RemoteReply(this.pe, frame.u32(), frame.f64());
    const options = (flags & ElementFlag.options) === 0 ? undefined : readOptions(frame);
    this.pe.trace?.unpacking(frame.limit - frame.start);
    const args = decodeArguments(frame, this.pe.context);
    const event = frameEvent(frame.view, frame.start);
    const task = new EntryTask(element, entry, args, reply, source, options, event);
    if (options !== undefined && entry.isImmediate && mayRunOnArrival(element)) task.run(this.pe);
    else {
      this.pe.post(task, options);
      if (!entry.isUntraced) this.pe.trace?.queued(element, source, event);
    }
    if ((flags & ElementFlag.sentOn) !== 0) this.#correct(element, source);
  }

  /** A frame for an element here has come. */
  correctSource(element: ElementRecord, { flags, source }: Reader): void {
    if ((flags & ElementFlag.sentOn) !== 0) this.#correct(element, source);
  }

  /** Tells the source of a frame that took a detour where the element is, once. */
  #correct(element: ElementRecord, source: number): void {
    element.corrected ??= new Set();
    if (element.corrected.has(source)) return;
    element.corrected.add(source);
    this.location.correct(source, element.key, element.epoch);
  }

  // ---- creation ----

  /** Its elements will be where those of `other`, which is set up, are. */
  bindTo(other: Collection): void {
    this.boundSet = other.boundSet;
    this.location = other.location;
    this.boundSet.collections.push(this);
  }

  /**
   * Sets up the collection and constructs this PE's elements. `keys` are those at home here; args are shared by all.
   * Resolves when elements whose companions have moved elsewhere have been constructed there; undefined if there are none.
   */
  populate(
    keys: readonly Key[],
    isInserting: boolean,
    args: readonly unknown[],
    firstSync: number,
  ): Promise<unknown> | undefined {
    this.isInserting = isInserting;
    if (isInserting && this.usesAtSync) this.pe.lb.sync.ledger.insertingBegins();
    const here: ElementRecord[] = [];
    const away: Key[] = [];
    for (const key of keys) {
      const epoch = this.boundSet.isShared ? this.#epochToJoin(key) : 0;
      if (epoch === undefined) away.push(key);
      else here.push(new ElementRecord(this, key, epoch, 1, 0));
    }
    for (const element of here) {
      this.admit(element);
      if (this.usesAtSync) this.pe.lb.sync.born(element, firstSync);
    }
    this.reductions.populated(here.length);
    this.#isReady = true;
    for (const element of here) {
      if (this.boundSet.isShared) this.location.arrived(element.key);
      this.construct(element, args);
    }
    const joined = away.map((key) => this.insertion.join(key, args, firstSync));
    for (const action of this.#held.splice(0)) {
      this.pe.release();
      action();
    }
    return joined.length === 0 ? undefined : Promise.all(joined);
  }

  /** Epoch with which an element at home here, of a bound array, can be made here; undefined: its companions are elsewhere. */
  #epochToJoin(key: Key): number | undefined {
    const [companion] = this.boundSet.companions(key);
    if (companion !== undefined) return companion.epoch;
    return this.location.isVacant(key) ? this.location.claim(key, this.pe.id) : undefined;
  }

  /** An element is here from now on. */
  admit(element: ElementRecord): void {
    // Its companions may be about to move; it goes along.
    if (this.boundSet.isShared) {
      const wishing = this.boundSet.companions(element.key).find(({ moveTo }) => moveTo !== -1);
      if (wishing !== undefined) element.moveTo = wishing.moveTo;
    }
    this.locals.set(element.key, element);
    element.slot = this.elements.length;
    this.elements.push(element);
  }

  /** It is not here any more; the last of the list takes its slot. */
  remove(element: ElementRecord): void {
    const last = this.elements.pop()!;
    if (last !== element) {
      this.elements[element.slot] = last;
      last.slot = element.slot;
    }
    element.slot = -1;
    if (element.lb !== undefined && element.lb.memory > 0) this.pe.host.hold?.(-element.lb.memory);
    this.locals.delete(element.key);
  }

  /** Ends an element that has asked for it. */
  bury(element: ElementRecord): void {
    this.remove(element);
    this.pe.trace?.died(element);
    const queued = queuedFor([element]);
    if (!this.boundSet.isHere(element.key)) this.location.died(element.key, element.epoch);
    element.mailbox?.died();
    element.sections?.died();
    for (const task of queued) task.sendOn();
    this.reductions.died(element.nextReduction);
    this.pe.lb.sync.died(element);
  }

  /** Runs the constructor of an element. */
  construct(element: ElementRecord, args: readonly unknown[]): void {
    try {
      this.pe.trace?.created(element);
      this.pe.current = element;
      this.constructing = element;
      if (element.frames === undefined) construct(element, this.type.create, args);
      else inScopeOf(element.frames, () => construct(element, this.type.create, args));
      this.pe.trace?.constructed(element);
    } catch (cause) {
      const place = { pe: this.pe.id, chare: element.label, entry: 'constructor' };
      this.pe.fail(new EntryError('ERR_CONSTRUCTOR_FAILED', describeThrown(cause), place, { cause }));
    } finally {
      this.pe.current = undefined;
      this.constructing = undefined;
    }
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
    lines.push(...this.location.describeWaiting());
    for (const { mailbox, sections } of this.elements) {
      if (mailbox !== undefined) lines.push(...mailbox.describe());
      if (sections !== undefined) lines.push(...sections.describe());
    }
    const reduction = this.reductions.describeOpen();
    if (reduction !== undefined) lines.push(reduction);
    return lines;
  }
}

/** How a message ranks that has left its buffers. */
function withoutAggregation(options: SendOptions | undefined): SendOptions | undefined {
  const { priority, queueing, expedited, create } = options ?? {};
  if (priority === undefined && queueing === undefined && expedited === undefined && create === undefined)
    return undefined;
  const { aggregate: _, ...others } = options ?? {};
  return others;
}
