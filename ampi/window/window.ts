/**
 * `Window`: memory of each rank of a communicator that the others reach without its help.
 *
 *  1. An operation is an order to the rank that has the memory, and is complete there when the answer comes.
 *  2. Synchronisation waits for the answers: `fence` on all ranks; `post`, `start`, `complete` and `wait` between groups;
 *     `lock` and `unlock` by the origin alone.
 *  3. Local completion is not told apart from completion: orders carry copies, so a buffer that was put is free at once; one
 *     that is got into is filled at the end of the epoch.
 */
import { NO_OP, type Op } from '../collectives/op.ts';
import { type AttributeOwner, Attributes } from '../comm/attributes.ts';
import type { Group } from '../comm/group.ts';
import { Info } from '../comm/info.ts';
import type { Comm } from '../comm/intracomm.ts';
import { PROC_NULL } from '../constants.ts';
import type { NumberArray } from '../datatype/datatype.ts';
import { type Buf, Place } from '../datatype/place.ts';
import { ERRORS_ARE_FATAL, type ErrorHandler, MpiError } from '../errors.ts';
import { PromiseRequest, type Request } from '../messages/request.ts';
import { Exposure, LockKind } from './exposure.ts';
import { type Order, OrderKind, opNumber, shapeOf } from './wire.ts';

export type WindowFlavor = 'create' | 'allocate' | 'dynamic' | 'shared';

/** Items at the target: default: those of the origin. */
export interface At {
  readonly count?: number;
  readonly type?: Place['type'];
}

interface Pending {
  readonly target: number;
  readonly resolve: (data: NumberArray | undefined) => void;
  readonly reject: (error: Error) => void;
}

export class Window implements AttributeOwner {
  readonly comm: Comm;
  readonly flavor: WindowFlavor;
  /** This rank's memory. */
  readonly base: NumberArray;
  /** @internal */
  readonly exposure: Exposure;
  /** @internal */
  readonly attributes = new Attributes(this);
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  /** Operations under way to each rank. */
  private readonly open: Int32Array;
  private readonly idlers: (() => void)[] = [];
  private readonly posts = new Map<number, number>();
  private readonly completes = new Map<number, number>();
  private accessGroup: Group | undefined = undefined;
  private exposureGroup: Group | undefined = undefined;
  private handler: ErrorHandler = ERRORS_ARE_FATAL;
  private label = '';
  private hints = new Info();

  /** @internal */
  constructor(comm: Comm, flavor: WindowFlavor, base: NumberArray, unit: number) {
    this.comm = comm;
    this.flavor = flavor;
    this.base = base;
    this.exposure = new Exposure(base, unit);
    this.open = new Int32Array(comm.size);
    comm.mpi._windows.set(comm.ctx, this);
    comm.mpi._useAttributes(this);
  }

  // ---- operations ----

  /** Puts items into the memory of a rank, from `disp` of its units on. */
  put(origin: Buf, target: number, disp = 0, at: At = {}): void {
    this.give(OrderKind.put, target, disp, origin, at);
  }

  /** Gets items into `origin`, where they are at the end of the epoch. */
  get(origin: Buf, target: number, disp = 0, at: At = {}): void {
    void this.fetch(OrderKind.get, target, disp, undefined, origin, at, 0);
  }

  /** Combines items with those at the target; predefined operations only. */
  accumulate(origin: Buf, target: number, disp: number, op: Op, at: At = {}): void {
    this.give(OrderKind.accumulate, target, disp, origin, at, op);
  }

  /** The same; what was there before goes into `result`. */
  getAccumulate(origin: Buf | null, result: Buf, target: number, disp: number, op: Op, at: At = {}): void {
    void this.fetch(
      OrderKind.getAccumulate,
      target,
      disp,
      origin ?? undefined,
      result,
      at,
      opNumber(origin === null ? NO_OP : op),
    );
  }

  /** One item. */
  fetchAndOp(origin: Buf | null, result: Buf, target: number, disp: number, op: Op): void {
    this.getAccumulate(origin, result, target, disp, op);
  }

  /** One item: replaced by `origin` if it equals `compare`; what was there goes into `result`. */
  compareAndSwap(origin: NumberArray, compare: NumberArray, result: NumberArray, target: number, disp: number): void {
    void this.fetch(OrderKind.compareAndSwap, target, disp, origin, result, {}, 0, compare.slice(0, 1));
  }

  rput(origin: Buf, target: number, disp = 0, at: At = {}): Request {
    return this.later('rput', this.give(OrderKind.put, target, disp, origin, at));
  }

  rget(origin: Buf, target: number, disp = 0, at: At = {}): Request {
    return this.later('rget', this.fetch(OrderKind.get, target, disp, undefined, origin, at, 0));
  }

  raccumulate(origin: Buf, target: number, disp: number, op: Op, at: At = {}): Request {
    return this.later('raccumulate', this.give(OrderKind.accumulate, target, disp, origin, at, op));
  }

  rgetAccumulate(origin: Buf | null, result: Buf, target: number, disp: number, op: Op, at: At = {}): Request {
    const number = opNumber(origin === null ? NO_OP : op);
    const work = this.fetch(OrderKind.getAccumulate, target, disp, origin ?? undefined, result, at, number);
    return this.later('rgetAccumulate', work);
  }

  // ---- active synchronisation ----

  /** Ends the epoch of all ranks, and begins the next. Collective. */
  async fence(): Promise<void> {
    await this.flushAll();
    await this.comm.barrier();
  }

  /** Lets the ranks of a group reach this one's memory. */
  post(group: Group): void {
    this.exposureGroup = group;
    for (const gid of group.gids) this.tell(gid, OrderKind.post);
  }

  /** Begins to reach the memory of the ranks of a group, when they have posted. */
  async start(group: Group): Promise<void> {
    await this.until(() => group.gids.every((gid) => (this.posts.get(gid) ?? 0) > 0));
    for (const gid of group.gids) this.posts.set(gid, this.posts.get(gid)! - 1);
    this.accessGroup = group;
  }

  /** Ends what `start` has begun. */
  async complete(): Promise<void> {
    const group = this.accessGroup;
    if (group === undefined) throw this.fail(new MpiError('RMA_SYNC', 'complete is called without a start'));
    this.accessGroup = undefined;
    await this.flushAll();
    for (const gid of group.gids) this.tell(gid, OrderKind.complete);
  }

  /** Ends what `post` has begun, when all of its group have called `complete`. */
  async wait(): Promise<void> {
    const group = this.exposureGroup;
    if (group === undefined) throw this.fail(new MpiError('RMA_SYNC', 'wait is called without a post'));
    await this.until(() => this.areComplete(group));
    this.endExposure(group);
  }

  /** Like `wait`, if that would not have to wait. */
  async test(): Promise<boolean> {
    const group = this.exposureGroup;
    if (group === undefined) throw this.fail(new MpiError('RMA_SYNC', 'test is called without a post'));
    if (!this.areComplete(group)) await this.comm.engine.yield();
    if (!this.areComplete(group)) return false;
    this.endExposure(group);
    return true;
  }

  private areComplete(group: Group): boolean {
    return group.gids.every((gid) => (this.completes.get(gid) ?? 0) > 0);
  }

  private endExposure(group: Group): void {
    this.exposureGroup = undefined;
    for (const gid of group.gids) this.completes.set(gid, this.completes.get(gid)! - 1);
  }

  // ---- passive synchronisation ----

  async lock(kind: 'shared' | 'exclusive', target: number): Promise<void> {
    if (target === PROC_NULL) return;
    await this.order(target, { ...emptyOrder, kind: OrderKind.lock, op: LockKind[kind] });
  }

  async unlock(target: number): Promise<void> {
    if (target === PROC_NULL) return;
    await this.flush(target);
    await this.order(target, { ...emptyOrder, kind: OrderKind.unlock });
  }

  async lockAll(): Promise<void> {
    await Promise.all(Array.from({ length: this.comm.size }, (_, rank) => this.lock('shared', rank)));
  }

  async unlockAll(): Promise<void> {
    await Promise.all(Array.from({ length: this.comm.size }, (_, rank) => this.unlock(rank)));
  }

  /** All operations to a rank are complete there. */
  flush(target: number): Promise<void> {
    return this.until(() => this.open[target] === 0);
  }

  flushAll(): Promise<void> {
    return this.until(() => this.pending.size === 0);
  }

  flushLocal(target: number): Promise<void> {
    return this.flush(target);
  }

  flushLocalAll(): Promise<void> {
    return this.flushAll();
  }

  /** Public and private memory are the same here. */
  sync(): void {}

  // ---- dynamic and shared windows ----

  /** Memory for a dynamic window; its address there, which others use as displacement. */
  attach(memory: NumberArray): number {
    if (this.flavor !== 'dynamic') throw this.fail(new MpiError('RMA_FLAVOR', 'only dynamic windows take memory'));
    return this.exposure.attach(memory);
  }

  detach(address: number): void {
    this.exposure.detach(address);
  }

  /** The memory of a rank of a shared window, to be used directly. Ranks must be in one process. */
  async sharedQuery(rank: number): Promise<NumberArray> {
    if (this.flavor !== 'shared') throw this.fail(new MpiError('RMA_FLAVOR', 'the window is not shared'));
    const [at, length] = this.sharedAt!.subarray(2 * rank, 2 * rank + 2);
    const { base } = this;
    const bytes = this.comm.engine.here.heapBytes(at!, length! * base.BYTES_PER_ELEMENT);
    const make = base.constructor as new (buffer: ArrayBufferLike, at: number, length: number) => NumberArray;
    return new make(bytes.buffer, bytes.byteOffset, length!);
  }

  /** Where the memory of each rank lies, and how many elements it has. @internal */
  sharedAt: Float64Array | undefined = undefined;

  // ---- the rest ----

  getGroup(): Group {
    return this.comm.getGroup();
  }

  getName(): string {
    return this.label;
  }

  setName(name: string): void {
    this.label = name;
  }

  setErrhandler(handler: ErrorHandler): void {
    this.handler = handler;
  }

  getErrhandler(): ErrorHandler {
    return this.handler;
  }

  callErrhandler(error: MpiError): void {
    const thrown = this.fail(error);
    if (typeof this.handler !== 'function') throw thrown;
  }

  setInfo(info: Info): void {
    this.hints = info.dup();
  }

  getInfo(): Info {
    return this.hints.dup();
  }

  getAttr(key: number): unknown {
    return this.attributes.get(key);
  }

  setAttr(key: number, value: unknown): void {
    this.attributes.set(key, value);
  }

  deleteAttr(key: number): void {
    this.attributes.delete(key);
  }

  /** Collective; waits for all operations. */
  async free(): Promise<void> {
    this.attributes.clear();
    await this.fence();
    this.comm.mpi._windows.delete(this.comm.ctx);
  }

  // ---- messages ----

  /** An order, or an answer to one of this rank's. @internal */
  receive(gid: number, order: Order): void {
    const { kind, id } = order;
    if (kind === OrderKind.answer) return this.answered(order);
    const answer = (data?: NumberArray): void => this.send(gid, { ...emptyOrder, kind: OrderKind.answer, id, data });
    if (kind === OrderKind.lock) return this.exposure.lock(gid, order.op, answer);
    if (kind === OrderKind.unlock) {
      this.exposure.unlock(gid);
      return answer();
    }
    if (kind === OrderKind.post || kind === OrderKind.complete) {
      const counts = kind === OrderKind.post ? this.posts : this.completes;
      counts.set(gid, (counts.get(gid) ?? 0) + 1);
      return this.wake();
    }
    try {
      answer(this.exposure.perform(order));
    } catch (error) {
      throw error instanceof MpiError ? this.fail(error) : error;
    }
  }

  private answered({ id, data }: Order): void {
    const pending = this.pending.get(id);
    if (pending === undefined) return;
    this.pending.delete(id);
    this.open[pending.target]!--;
    pending.resolve(data);
    this.wake();
  }

  private tell(gid: number, kind: OrderKind): void {
    this.send(gid, { ...emptyOrder, kind });
  }

  private send(gid: number, order: Order): void {
    this.comm.engine.peer(gid).window(this.comm.ctx, this.comm.engine.gid, order);
  }

  private order(target: number, order: Order): Promise<NumberArray | undefined> {
    const gid = this.comm.members.gids[target];
    if (gid === undefined)
      throw this.fail(new MpiError('RANK', `a window of ${this.comm.size} ranks has no rank ${target}`));
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      this.pending.set(id, { target, resolve, reject });
      this.open[target]!++;
      this.send(gid, { ...order, id });
    });
  }

  private give(kind: OrderKind, target: number, disp: number, origin: Buf, at: At, op?: Op): Promise<unknown> {
    if (target === PROC_NULL) return Promise.resolve();
    const from = Place.of(origin);
    const shape = shapeOf({ type: at.type ?? from.type, count: at.count ?? from.count });
    const data = from.payload().slice();
    return this.order(target, { ...emptyOrder, kind, at: disp, data, shape, op: op === undefined ? 0 : opNumber(op) });
  }

  private async fetch(
    kind: OrderKind,
    target: number,
    disp: number,
    origin: Buf | undefined,
    result: Buf,
    at: At,
    op: number,
    compare?: NumberArray,
  ): Promise<void> {
    if (target === PROC_NULL) return;
    const into = Place.of(result);
    const one = kind === OrderKind.compareAndSwap ? 1 : into.count;
    const shape = shapeOf({ type: at.type ?? into.type, count: at.count ?? one });
    const data = origin === undefined ? undefined : Place.of(origin).payload().slice();
    const found = await this.order(target, { ...emptyOrder, kind, at: disp, data, shape, op, compare });
    into.fill(found!);
  }

  /** Waits until a condition holds that messages bring about. */
  private async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue())
      await new Promise<void>((resolve) => {
        this.idlers.push(resolve);
      });
    // What was fetched is put in its place behind the answer.
    await undefined;
  }

  private wake(): void {
    this.comm.engine.waking();
    for (const resolve of this.idlers.splice(0)) resolve();
  }

  private later(what: string, work: Promise<unknown>): Request {
    return new PromiseRequest(this.comm.engine, this, what, work);
  }

  private fail(error: MpiError): MpiError {
    return this.comm.mpi.raise(this, error);
  }
}

const emptyOrder = { id: 0, at: 0, data: undefined, shape: undefined, op: 0, compare: undefined };
