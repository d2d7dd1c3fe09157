/**
 * `MPI`: what the program of a rank is given. The library has no globals, so everything begins here: communicators, requests, time,
 * and AMPI's extensions. Names that begin with `_` are the library's own.
 */
import type { Charm } from '../../core/index.ts';
import { Attributes, type CopyCallback, type DeleteCallback, Key, KeyTable } from '../comm/attributes.ts';
import type { CommBase } from '../comm/comm-base.ts';
import { Group } from '../comm/group.ts';
import { Info } from '../comm/info.ts';
import type { Intercomm } from '../comm/intercomm.ts';
import { Comm } from '../comm/intracomm.ts';
import { makeIntercomm } from '../comm/make-intercomm.ts';
import { TAG_UB } from '../constants.ts';
import type { Datatype, NumberArray } from '../datatype/datatype.ts';
import { duplicate } from '../datatype/derived.ts';
import { type Buf, type Payload, Place } from '../datatype/place.ts';
import { checkPort, lookupName, openPort, publishName, unpublishName } from '../dynamic/ports.ts';
import { parentOf } from '../dynamic/spawn.ts';
import type { SpawnedSetup } from '../dynamic/spawned.ts';
import { ERRORS_ARE_FATAL, type ErrorHandler, ErrorTable, MpiError } from '../errors.ts';
import type { File } from '../files/file.ts';
import type { Engine, EngineOwner } from '../messages/engine.ts';
import { type GeneralizedMethods, GeneralizedRequest, type Request } from '../messages/request.ts';
import type { Status } from '../messages/status.ts';
import * as many from '../messages/wait-many.ts';
import { winAllocate, winAllocateShared, winCreate, winCreateDynamic } from '../window/make.ts';
import type { Window } from '../window/window.ts';
import { Extensions } from './extensions.ts';
import type { RankChare, RankPeer } from './rank.ts';
import { SendBuffer } from './send-buffer.ts';
import { type World, Worlds } from './worlds.ts';

type Requests = readonly (Request | null)[];
/** A typed array of numbers, made over memory. */
type Maker<T> = {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
};

interface WithHandler {
  getErrhandler?(): ErrorHandler;
  getName?(): string;
}

export class Mpi extends Extensions implements EngineOwner {
  /** All ranks that began together. */
  readonly world: Comm;
  /** This rank alone. */
  readonly self: Comm;
  /** @internal */
  readonly _chare: RankChare;
  /** @internal */
  readonly _engine: Engine;
  /** @internal */
  readonly _contexts = new Map<number, CommBase>();
  /** @internal */
  readonly _worlds = new Worlds();
  /** @internal */
  readonly _windows = new Map<number, Window>();
  /** @internal */
  readonly _keys = new KeyTable();
  /** Error classes and codes that the program adds. */
  readonly errors = new ErrorTable();
  private readonly buffer = new SendBuffer();
  private readonly typeAttributes = new WeakMap<Datatype, Attributes>();
  private contexts = 1;
  private readonly yields: (() => void)[] = [];
  private isFinal = false;
  private ownArgs: readonly string[] | undefined = undefined;
  private spawnedBy: Intercomm | null = null;
  private initialized = 1;

  /** @internal */
  constructor(
    chare: RankChare,
    world: World,
    index: number,
    worldCtx: number,
    makeEngine: (owner: EngineOwner) => Engine,
  ) {
    super();
    this._chare = chare;
    this._engine = makeEngine(this);
    this._worlds.add(world);
    const gids = Array.from({ length: world.size }, (_, i) => world.base + i);
    const mine = world.base + index;
    this.world = new Comm(this, worldCtx, new Group(gids, mine), 'MPI_COMM_WORLD');
    this.self = new Comm(this, this._newContext(), new Group([mine], mine), 'MPI_COMM_SELF');
  }

  // ---- environment ----

  /** Of this rank in `world`. */
  get rank(): number {
    return this.world.rank;
  }

  /** Ranks in `world`. */
  get size(): number {
    return this.world.size;
  }

  /** The program's own arguments; of spawned ranks those that they were given. */
  get args(): readonly string[] {
    return this.ownArgs ?? this.charm.args;
  }

  /** The PE that this rank is on now. */
  get charm(): Charm {
    return this._chare.charm;
  }

  /** Seconds since some moment in the past. */
  wtime(): number {
    return this.charm.now();
  }

  /** Seconds between two ticks of `wtime`. */
  wtick(): number {
    return 1e-9;
  }

  /** The standard's version. */
  getVersion(): { readonly version: number; readonly subversion: number } {
    return { version: 3, subversion: 1 };
  }

  getLibraryVersion(): string {
    return 'charm4ts AMPI';
  }

  getProcessorName(): string {
    return `PE ${this.charm.pe} of node ${this.charm.node}`;
  }

  /** Programs need not call it: it counts, as in libraries that may be initialised twice. */
  init(): void {
    if (this.isFinal) throw new MpiError('OTHER', 'init is called after finalize');
    this.initialized++;
  }

  isInitialized(): boolean {
    return this.initialized > 0;
  }

  isFinalized(): boolean {
    return this.isFinal;
  }

  isThreadMain(): boolean {
    return true;
  }

  /** Waits for all ranks; afterwards none communicates. The end of the program does it too. */
  async finalize(): Promise<void> {
    if (this.isFinal) throw new MpiError('OTHER', 'finalize is called twice');
    this.self.attributes.clear();
    await this.world.barrier();
    this.isFinal = true;
  }

  /** Ends the job with this exit code. */
  abort(code = 1): never {
    this.charm.exit(code);
    throw new MpiError('OTHER', `abort(${code}) was called`);
  }

  // ---- requests ----

  waitAll(requests: Requests): Promise<Status[]> {
    return many.waitAll(this._engine, requests);
  }

  waitAny(requests: Requests): Promise<many.Completed> {
    return many.waitAny(this._engine, requests);
  }

  waitSome(requests: Requests): Promise<many.Completed[] | undefined> {
    return many.waitSome(this._engine, requests);
  }

  testAll(requests: Requests): Promise<Status[] | undefined> {
    return many.testAll(this._engine, requests);
  }

  testAny(requests: Requests): Promise<many.Completed | undefined> {
    return many.testAny(this._engine, requests);
  }

  testSome(requests: Requests): Promise<many.Completed[] | undefined> {
    return many.testSome(this._engine, requests);
  }

  startAll(requests: readonly Request[]): void {
    for (const request of requests) request.start();
  }

  /** An operation of the program's own: it calls `complete()` on it. */
  grequestStart(methods: GeneralizedMethods = {}): GeneralizedRequest {
    return new GeneralizedRequest(this._engine, methods);
  }

  // ---- buffers ----

  /** Space for `bsend`, in bytes: a buffer, or its size. */
  bufferAttach(space: number | Payload): void {
    this.buffer.attach(space);
  }

  /** Waits until all buffered messages have left. */
  bufferDetach(): Promise<number | Payload> {
    return this.buffer.detach();
  }

  /** Bytes that the data of a buffer take when they are packed. */
  packSize(buf: Buf): number {
    return Place.of(buf).bytes;
  }

  /** Packs data behind what is there; where the next go. */
  pack(buf: Buf, into: Uint8Array, position: number): number {
    const place = Place.of(buf);
    if (position + place.bytes > into.length)
      throw new MpiError('TRUNCATE', `${place.bytes} bytes do not fit behind ${position} of ${into.length}`);
    return place.pack(into, position);
  }

  /** The other way round; where the next are. */
  unpack(from: Uint8Array, position: number, buf: Buf): number {
    const place = Place.of(buf);
    if (position + place.bytes > from.length)
      throw new MpiError('TRUNCATE', `${place.bytes} bytes are not there behind ${position} of ${from.length}`);
    place.unpack(from, position, place.bytes);
    return position + place.bytes;
  }

  /** A typed array in memory that the PEs of this process share: large messages from it are copied once only. */
  allocMem<T>(make: Maker<T>, length: number): T {
    const bytes = this._engine.here.allocateShared(Math.max(8, length * make.BYTES_PER_ELEMENT));
    return new make(bytes.buffer, bytes.byteOffset, length);
  }

  // ---- windows ----

  /** Lets the ranks of `comm` reach this rank's `base`. Displacements count in elements, or in `unit` bytes. Collective. */
  winCreate(comm: Comm, base: NumberArray, unit?: number): Promise<Window> {
    return winCreate(comm, base, unit);
  }

  winAllocate(comm: Comm, make: Maker<NumberArray>, length: number): Promise<Window> {
    return winAllocate(comm, this.allocMem(make, length));
  }

  winAllocateShared(comm: Comm, make: Maker<NumberArray>, length: number): Promise<Window> {
    return winAllocateShared(comm, this.allocMem(make, length));
  }

  winCreateDynamic(comm: Comm): Promise<Window> {
    return winCreateDynamic(comm);
  }

  // ---- files ----

  /** Opens a file on all ranks of `comm`; `amode` is made of `Mode`. Collective. */
  async fileOpen(comm: Comm, path: string, amode: number, info?: Info): Promise<File> {
    const { fileOpen } = await this.charm.track(import('../files/open.ts'));
    return fileOpen(comm, path, amode, info);
  }

  async fileDelete(path: string): Promise<void> {
    const { fileDelete } = await this.charm.track(import('../files/open.ts'));
    return fileDelete(this, path);
  }

  // ---- other worlds ----

  /** Of spawned ranks: those who have spawned them. */
  get parent(): Intercomm | null {
    return this.spawnedBy;
  }

  /** @internal */
  async _bornOf(spawned: SpawnedSetup): Promise<void> {
    this.ownArgs = spawned.args;
    this.spawnedBy = await parentOf(this, spawned);
  }

  /** A name by which other groups of ranks can connect to this one. */
  openPort(): string {
    return openPort(this);
  }

  closePort(port: string): void {
    checkPort(port);
  }

  /** Makes a port known under a name. @throws MpiError SERVICE if the name is taken */
  publishName(service: string, port: string): Promise<void> {
    return publishName(this, service, port);
  }

  unpublishName(service: string): Promise<void> {
    return unpublishName(this, service);
  }

  /** @throws MpiError NAME if there is no such name */
  lookupName(service: string): Promise<string> {
    return lookupName(this, service);
  }

  // ---- keys, hints ----

  /** A key for attributes of communicators. */
  commCreateKeyval(copy?: CopyCallback, remove?: DeleteCallback, extra?: unknown): number {
    return this._keys.create({ copy, delete: remove, extra });
  }

  commFreeKeyval(key: number): void {
    this._keys.free(key);
  }

  /** The same for windows. */
  winCreateKeyval(copy?: CopyCallback, remove?: DeleteCallback, extra?: unknown): number {
    return this.commCreateKeyval(copy, remove, extra);
  }

  winFreeKeyval(key: number): void {
    this._keys.free(key);
  }

  /** The same for datatypes, whose attributes belong to this rank. */
  typeCreateKeyval(copy?: CopyCallback, remove?: DeleteCallback, extra?: unknown): number {
    return this.commCreateKeyval(copy, remove, extra);
  }

  typeFreeKeyval(key: number): void {
    this._keys.free(key);
  }

  typeSetAttr(type: Datatype, key: number, value: unknown): void {
    this.attributesOf(type).set(key, value);
  }

  typeGetAttr(type: Datatype, key: number): unknown {
    return this.attributesOf(type).get(key);
  }

  typeDeleteAttr(type: Datatype, key: number): void {
    this.attributesOf(type).delete(key);
  }

  /** A duplicate of a type; attributes go along as their keys say. */
  typeDup(type: Datatype): Datatype {
    const copy = duplicate(type);
    this.attributesOf(type).copyTo(this.attributesOf(copy));
    return copy;
  }

  /** Frees a type, and deletes its attributes. */
  typeFree(type: Datatype): void {
    this.attributesOf(type).clear();
    type.free();
  }

  private attributesOf(type: Datatype): Attributes {
    let found = this.typeAttributes.get(type);
    if (found === undefined) {
      found = new Attributes(type);
      found.use(this._keys, () => undefined);
      this.typeAttributes.set(type, found);
    }
    return found;
  }

  createInfo(): Info {
    return new Info();
  }

  // ---- inside ----

  /** @internal */
  get _node(): number {
    return this.charm.node;
  }

  /** A context that no other communicator has. @internal */
  _newContext(): number {
    return 2 * (this.contexts++ * 2 ** 20 + this._gid);
  }

  private get _gid(): number {
    return this._engine.gid;
  }

  /** @internal */
  _predefined(key: number): unknown {
    switch (key) {
      case Key.TAG_UB:
        return TAG_UB;
      case Key.WTIME_IS_GLOBAL:
        return this.charm.nodes === 1;
      case Key.UNIVERSE_SIZE:
        return this.charm.pes;
      case Key.LASTUSEDCODE:
        return this.errors.lastUsedCode;
      case Key.APPNUM:
        return 0;
      default:
        return undefined;
    }
  }

  /** @internal */
  _makeIntercomm(local: Comm, leader: number, peer: Comm | null, remote: number, tag: number): Promise<Intercomm> {
    return makeIntercomm(local, leader, peer, remote, tag);
  }

  /** @internal */
  _takeBuffer(on: CommBase, bytes: number): () => void {
    try {
      return this.buffer.take(bytes);
    } catch (error) {
      throw error instanceof MpiError ? this.raise(on, error) : error;
    }
  }

  peer(gid: number): RankPeer {
    return this._worlds.peer(gid);
  }

  /** What the error handler of `on` makes of an error. Returns what the call throws. */
  raise(on: object | undefined, error: MpiError): MpiError {
    const owner = (on ?? this.world) as WithHandler;
    const handler = owner.getErrhandler?.() ?? ERRORS_ARE_FATAL;
    if (handler === ERRORS_ARE_FATAL) this.charm.abort(`${this.describe()}: ${error.message}`);
    else if (typeof handler === 'function') handler(owner, error);
    return error;
  }

  private describe(): string {
    return `rank ${this.world.rank} of ${this.world.getName()}`;
  }

  describeContext(ctx: number): string {
    const comm = this._contexts.get(ctx);
    if (comm !== undefined) return `in ${comm.getName() || 'an unnamed communicator'}`;
    const collective = this._contexts.get(ctx - 1);
    return `in a collective operation of ${collective?.getName() || 'a communicator'}`;
  }

  /** Goes on with a rank of `world` that has called `suspend`. */
  resume(rank: number): void {
    const gid = this.world.members.gids[rank];
    if (gid === undefined) throw this.raise(this.world, new MpiError('RANK', `there is no rank ${rank} to resume`));
    this.peer(gid).unsuspend();
  }

  protected warnOnce(message: string): void {
    this._engine.here.warnOnce(message);
  }

  /** Lets the other ranks of this PE run. */
  yield(): Promise<void> {
    this._chare.self.resume();
    return new Promise((resolve) => {
      this.yields.push(resolve);
    });
  }

  /** @internal */
  _resume(): void {
    this._engine.waking();
    this.yields.shift()?.();
  }

  /** The program has ended. @internal */
  async _ended(): Promise<void> {
    if (!this.isFinal) this.self.attributes.clear();
  }

  /** @internal */
  _useAttributes(owner: {
    readonly attributes: { use(keys: KeyTable, predefined: (key: number) => unknown): void };
  }): void {
    owner.attributes.use(this._keys, (key) => this._predefined(key));
  }
}
