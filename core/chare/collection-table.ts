/**
 * All collections of a PE, and the creation of new ones.
 *
 * Numbers: 0 .. classes-1 are the singletons of each chare class, which exist from the start. A collection created
 * by PE c as its n-th has number classes + n·pes + c, so its creator is known from the number; the creator is the
 * root of its trees.
 *
 * Creation protocol:
 *  1. The creator sends the description (class, shape, placement, constructor arguments, sparse keys) down the tree.
 *  2. Each PE sets up the collection and constructs the elements whose home it is.
 *  3. When a PE and all its children have done so, it tells its parent; at the root the creator's promise resolves.
 *
 * Invariant: creation messages of one PE travel the same tree over ordered links, so collections created by one
 * method come into being in the same order everywhere.
 */
import { AggregationTable } from '../aggregation/aggregator.ts';
import { CharmError, UsageError } from '../base/errors.ts';
import { CompletionTable } from '../collective/completion.ts';
import { treePlace } from '../collective/spanning-tree.ts';
import type { BoundSet } from '../location/bound-set.ts';
import { FrameKind } from '../message/envelope.ts';
import { Pending } from '../message/future.ts';
import { readCollection, readKey, writeCollection, writeKey } from '../message/handle-kinds.ts';
import type { ChareType } from '../message/registry.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeArguments } from '../pup/decode.ts';
import { encodeArguments } from '../pup/encode.ts';
import { Reader } from '../pup/reader.ts';
import { SectionTable } from '../section/section-table.ts';
import { Collection } from './collection.ts';
import type { ElementRecord } from './element.ts';
import type { Key } from './index-space.ts';
import { blockHome, type HomeOf, type Placement, roundRobinHome, userHome } from './placement.ts';
import { Shape, ShapeKind } from './shape.ts';

/** What `create` needs; the keys are the initial elements of a sparse array. */
export interface Creation {
  readonly type: ChareType;
  readonly shape: Shape;
  readonly map: 'block' | 'roundRobin' | Placement<never> | undefined;
  /** The array that this one is bound to; its map is then that one's. */
  readonly boundTo?: Collection;
  readonly args: readonly unknown[];
  readonly keys: readonly Key[];
  readonly usesAtSync?: boolean;
}

/** Placements on the wire. */
const MapKind = { standard: 0, block: 1, roundRobin: 2, user: 3, bound: 4 } as const;

const elementFrames = [
  FrameKind.entry,
  FrameKind.broadcastRequest,
  FrameKind.broadcast,
  FrameKind.insert,
  FrameKind.doneInserting,
  FrameKind.broadcastsRun,
  FrameKind.insertingDone,
  FrameKind.migrate,
  FrameKind.migrated,
  FrameKind.location,
  FrameKind.fence,
  FrameKind.fenceAnswer,
  FrameKind.sectionMember,
  FrameKind.reductionPart,
  FrameKind.reductionStart,
  FrameKind.reductionLate,
  FrameKind.reductionResult,
] as const;

export class CollectionTable {
  readonly sections: SectionTable;
  readonly aggregation: AggregationTable;
  readonly completion: CompletionTable;
  readonly #pe: Pe;
  readonly #collections = new Map<number, Collection>();
  /** Frames for collections of which nothing is known here yet. */
  readonly #early = new Map<number, Uint8Array[]>();
  /** Subtrees that have yet to report that they have set up a collection. */
  readonly #openAcks = new Map<number, number>();
  readonly #created = new Map<number, Pending>();
  readonly #firstDynamic: number;
  /** The collection that a frame came for last: usually the next one's too, and a Map look-up costs 40 ns. */
  #latest: Collection | undefined = undefined;
  #count = 0;
  #singletons = 0;

  constructor(pe: Pe) {
    this.#pe = pe;
    this.sections = new SectionTable(pe);
    this.aggregation = new AggregationTable(pe);
    this.completion = new CompletionTable(pe);
    this.#firstDynamic = pe.registry.types.length;
    for (const type of pe.registry.types) {
      const singletons = new Collection(pe, type.id, type, Shape.singleton, 0);
      singletons.location.homeOf = (key) => (key as number) % pe.pes;
      singletons.populate([], false, [], 1);
      this.#collections.set(type.id, singletons);
    }
    for (const kind of elementFrames) pe.handle(kind, (frame) => this.#onElementFrame(kind, frame));
    pe.handle(FrameKind.createCollection, (frame) => this.#onCreate(frame));
    pe.handle(FrameKind.created, (frame) => this.#onCreated(frame.collection));
  }

  singletonsOf(type: ChareType): Collection {
    return this.#collections.get(type.id)!;
  }

  /** By number, as it stands in a frame. */
  singletonsNumbered(id: number): Collection {
    const singletons = this.#collections.get(id);
    if (singletons !== undefined) return singletons;
    throw new UsageError(`no chare class ${id}; do all PEs load the same program?`, 'ERR_DECODE');
  }

  /** The class of a collection, if it has been met here; for reports. */
  typeOf(id: number): ChareType | undefined {
    return this.#collections.get(id)?.type;
  }

  /** All that have been met here. */
  all(): IterableIterator<Collection> {
    return this.#collections.values();
  }

  /** A key for a singleton on `onPe`: unique, and tells where it is (key mod pes). */
  newSingletonKey(onPe: number): Key {
    const { id, pes } = this.#pe;
    return (this.#singletons++ * pes + id) * pes + onPe;
  }

  /** The collection with this number, set up or not. */
  meet(id: number, typeId: number, shape: Shape): Collection {
    const known = this.#collections.get(id);
    if (known !== undefined) return known;
    const type = this.#pe.registry.types[typeId];
    if (type === undefined)
      throw new UsageError(`no chare class ${typeId}; do all PEs load the same program?`, 'ERR_DECODE');
    const collection = new Collection(this.#pe, id, type, shape, (id - this.#firstDynamic) % this.#pe.pes);
    this.#collections.set(id, collection);
    return collection;
  }

  /** Creates a collection on all PEs. */
  create(creation: Creation): { readonly collection: Collection; readonly done: Promise<void> } {
    const pe = this.#pe;
    pe.sealReadonlies();
    const id = this.#firstDynamic + this.#count++ * pe.pes + pe.id;
    const created = new Pending(pe, () => `the creation of ${creation.type.name}`);
    this.#created.set(id, created);
    const count = creation.shape.kind === ShapeKind.sparse ? creation.keys.length : product(creation.shape.dims);
    const firstSync = creation.usesAtSync === true ? pe.lb.sync.sendsFor(count) : 0;
    this.#encode(id, creation, firstSync);
    // Constructing here is as asynchronous as it is elsewhere: the creating method ends first.
    const frame = pe.writer.copyFrame();
    for (const child of treePlace(pe.id, pe.id, pe).children) pe.send(child);
    const collection = this.meet(id, creation.type.id, creation.shape);
    pe.post({ source: pe.id, target: this, run: () => pe.replay(frame) });
    return { collection, done: created.wait() as Promise<void> };
  }

  /** By number; undefined if it is not known here. */
  numbered(id: number): Collection | undefined {
    return this.#collections.get(id);
  }

  /** The bound sets of the arrays that are set up here. */
  *boundSets(): Iterable<BoundSet> {
    for (const collection of this.#collections.values()) {
      const { boundSet, shape, isReady } = collection;
      if (isReady && shape.isArray && boundSet.first === collection) yield boundSet;
    }
  }

  /** The elements here that take part in AtSync. Those that come meanwhile may be left out. */
  *syncElements(): Iterable<ElementRecord> {
    for (const { usesAtSync, elements } of [...this.#collections.values()]) if (usesAtSync) yield* [...elements];
  }

  describeUnended(named: ReadonlySet<ElementRecord>): string[] {
    return [...this.#collections.values()].flatMap((collection) => collection.describeUnended(named));
  }

  describeOpen(): string[] {
    const sync = this.#pe.lb.sync.describeOpen();
    const lines = [...this.#collections.values()].flatMap((collection) => collection.describeOpen());
    return [...(sync === undefined ? [] : [sync]), ...lines, ...this.sections.describeOpen()];
  }

  #onElementFrame(kind: number, frame: Reader): void {
    const id = frame.collection;
    const collection = id === this.#latest?.id ? this.#latest : this.#collections.get(id);
    if (collection !== undefined) {
      this.#latest = collection;
      return collection.onFrame(kind, frame);
    }
    this.#pe.hold();
    const early = this.#early.get(id);
    if (early === undefined) this.#early.set(id, [frame.copy()]);
    else early.push(frame.copy());
  }

  /** Body: class, shape, placement, first AtSync step (0: does not take part), constructor arguments, keys. */
  #encode(id: number, { type, shape, map, boundTo, args, keys }: Creation, firstSync: number): void {
    const pe = this.#pe;
    const writer = pe.writer;
    writer.begin(FrameKind.createCollection, 0, 0, id, pe.id);
    writer.u32(type.id);
    shape.write(writer);
    if (boundTo !== undefined) {
      writer.u8(MapKind.bound);
      writeCollection(writer, boundTo);
    } else if (map === undefined) writer.u8(MapKind.standard);
    else if (map === 'block') writer.u8(MapKind.block);
    else if (map === 'roundRobin') writer.u8(MapKind.roundRobin);
    else {
      writer.u8(MapKind.user);
      writer.text(pe.registry.nameOf(map, 'placement', map.name));
    }
    writer.f64(firstSync);
    encodeArguments(writer, args, `the constructor of ${type.name}`);
    writer.u32(keys.length);
    for (const key of keys) writeKey(writer, key);
    writer.end();
  }

  #onCreate(frame: Reader): void {
    const pe = this.#pe;
    const id = frame.collection;
    const { children } = treePlace(pe.id, frame.source, pe);
    if (frame.source !== pe.id) for (const child of children) pe.forward(child, frame);
    this.#openAcks.set(id, (this.#openAcks.get(id) ?? 0) + children.length + 1);
    this.#setUp(frame);
  }

  /** Step 2 of the protocol; a bound array waits until the other has been set up here. */
  #setUp(frame: Reader): void {
    const pe = this.#pe;
    const id = frame.collection;
    const type = frame.u32();
    const shape = Shape.read(frame);
    const collection = this.meet(id, type, shape);
    // It may have been met in a proxy before.
    if (collection.type.id !== type || !collection.shape.equals(shape))
      throw new CharmError('ERR_DECODE', `PE ${frame.source} would create collection ${id} as another than was known`);
    const boundTo = this.#readMap(frame, collection);
    if (boundTo?.isReady === false) {
      const copy = frame.copy();
      return boundTo.whenReady(() => this.#setUp(Reader.over(copy)));
    }
    if (boundTo !== undefined) collection.bindTo(boundTo);
    if (collection.shape.isArray) pe.lb.arrayCreated();
    const { homeOf } = collection.location;
    const firstSync = frame.f64();
    collection.usesAtSync = firstSync > 0;
    const args = decodeArguments(frame, pe.context);
    const keys: Key[] = [];
    for (let left = frame.count(); left > 0; left--) keys.push(readKey(frame)!);
    const isInserting = collection.isOpen && keys.length === 0;
    const joined = collection.populate(keysHere(collection, homeOf, keys), isInserting, args, firstSync);
    this.#replayEarly(id);
    if (joined === undefined) this.#onCreated(id);
    else void joined.then(() => this.#onCreated(id));
  }

  #replayEarly(id: number): void {
    const frames = this.#early.get(id);
    if (frames === undefined) return;
    this.#early.delete(id);
    for (const frame of frames) {
      this.#pe.release();
      this.#pe.replay(frame);
    }
  }

  /** A subtree, or this PE itself, has set up the collection. */
  #onCreated(id: number): void {
    // A child may report before this PE has its own part done; the count is then below zero for a while.
    const left = (this.#openAcks.get(id) ?? 0) - 1;
    this.#openAcks.set(id, left);
    if (left !== 0) return;
    this.#openAcks.delete(id);
    const pe = this.#pe;
    const { root, tree } = this.#collections.get(id)!;
    if (root === pe.id) {
      this.#created.get(id)!.resolve(undefined);
      this.#created.delete(id);
      return;
    }
    pe.writer.begin(FrameKind.created, 0, 0, id, pe.id);
    pe.writer.end();
    pe.send(tree.parent);
  }

  /** Sets the collection's map, or gives the array that it is bound to. */
  #readMap(frame: Reader, collection: Collection): Collection | undefined {
    const kind = frame.u8();
    if (kind === MapKind.bound) return readCollection(frame, this.#pe);
    collection.location.homeOf = this.#homeOf(kind, frame, collection);
    return undefined;
  }

  #homeOf(kind: number, frame: Reader, collection: Collection): HomeOf {
    const { pes } = this.#pe;
    const { space, shape } = collection;
    if (kind === MapKind.user) return userHome(this.#pe.registry.placement(frame.text()), space, pes);
    if (shape.kind === ShapeKind.group) return (key) => key as number;
    if (shape.kind === ShapeKind.nodeGroup) return (key) => this.#pe.firstPeOf(key as number);
    const isBlock = kind === MapKind.block || (kind === MapKind.standard && !collection.isOpen);
    return isBlock ? blockHome(space.size, pes) : roundRobinHome(pes, space.size);
  }
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all * number, 1);
}

/** The keys whose home is this PE. */
function keysHere(collection: Collection, homeOf: HomeOf, listed: readonly Key[]): Key[] {
  const { pe, space, shape } = collection;
  if (collection.isOpen) return listed.filter((key) => homeOf(key) === pe.id);
  if (shape.kind === ShapeKind.group) return [pe.id];
  // A look at every key on every PE would take minutes with 10 000 PEs and a million keys.
  if (homeOf.keysOf !== undefined) return homeOf.keysOf(pe.id);
  const here: Key[] = [];
  for (let key = 0; key < space.size; key++) if (homeOf(key) === pe.id) here.push(key);
  return here;
}
