/**
 * `Charm`: what a program sees of the runtime on its PE. Passed to `main`, and `this.charm` in every chare; there is
 * no global one, since a thread may host many PEs.
 */
import type { LbStepReport } from '../balance/balancing.ts';
import { CharmError, describeThrown, UsageError } from '../base/errors.ts';
import type { AnyReducer, Reducer } from '../collective/reducers.ts';
import { type Callback, ExitCallback, IgnoreCallback } from '../message/callback.ts';
import { type Future, Pending } from '../message/future.ts';
import type { FileAccess } from '../pe/file-access.ts';
import type { Pe } from '../pe/pe.ts';
import { checkPriority } from '../pe/priority.ts';
import type { ProgramFunction } from '../pool/functions.ts';
import { type LoopBody, type LoopOptions, ParallelLoops } from '../pool/parallel-loop.ts';
import { TaskPool } from '../pool/task-pool.ts';
import { type SharableArray, type SharableConstructor, SharedArray } from '../pup/shared-array.ts';
import { combine, split } from '../section/make-section.ts';
import type { SectionIndices } from '../section/section-indices.ts';
import type { ChareBase } from './chare.ts';
import { Completion } from './completion.ts';
import { dimensionsMax, type Key, SparseSpace } from './index-space.ts';
import type { Placement } from './placement.ts';
import { ArrayProxyImpl } from './proxy.ts';
import type { AnySection, ArrayProxy, ElementProxy, GroupProxy, SectionProxy, SendOptions } from './proxy-types.ts';
import type { Readonly } from './readonly.ts';
import { Shape, ShapeKind } from './shape.ts';
import { checkDelay } from './timer.ts';
import { Tracing } from './tracing.ts';

/** A chare class as a value. `A` are its constructor's parameters. */
export type Constructor<C extends ChareBase, A extends readonly unknown[]> = new (...args: A) => C;

/** `args` is needed if, and only if, the constructor needs some. */
export type ConstructorArgs<A extends readonly unknown[]> = [] extends A ? { readonly args?: A } : { readonly args: A };

export type IndexOf<C> = C extends { readonly index: infer I } ? I : never;

/** Which elements an array has. */
export type ArrayExtent<I> =
  | {
      readonly size: I extends number
        ? number
        : I extends readonly number[]
          ? { readonly [K in keyof I]: number }
          : never;
      readonly indices?: never;
    }
  | { readonly indices: Iterable<I>; readonly size?: never };

/** Where its elements are. */
export type ArrayPlacement<I> =
  | { readonly map?: 'block' | 'roundRobin' | Placement<I>; readonly bindTo?: never }
  /** Each is always on the PE of that array's element of equal index; they move together. Both have the same extent. */
  | { readonly bindTo: ArrayProxy<ChareBase, I>; readonly map?: never };

export type ArrayOptions<C, A extends readonly unknown[]> = ArrayExtent<IndexOf<C>> &
  ConstructorArgs<A> &
  ArrayPlacement<IndexOf<C>> & {
    /** Its elements call `atSync()`, and a balancing step waits for all of them: docs/load-balancing.md. */
    readonly usesAtSync?: boolean;
  };

export type ChareOptions<A extends readonly unknown[]> = ConstructorArgs<A> & {
  /** Where to create it; without it the seed balancer decides. */
  readonly onPe?: number;
} & Omit<SendOptions, 'create' | 'aggregate'>;

/** Any array or group. */
interface AnyWhole {
  readonly all: unknown;
  readonly size: number;
}

/** The classes and indices of what a proxy stands for. */
type ChareOf<P> =
  P extends SectionProxy<infer C>
    ? C
    : P extends ArrayProxy<infer C, infer _I>
      ? C
      : P extends GroupProxy<infer C>
        ? C
        : never;
type IndexIn<P> = P extends { section(indices: SectionIndices<infer I>): unknown }
  ? I
  : P extends { regroup(indices: SectionIndices<infer I>): unknown }
    ? I
    : never;

/** Optional exactly where an empty object would do. */
type Optional<T> = Record<never, never> extends T ? [options?: T] : [options: T];

const isReady = Promise.resolve();

export class Charm {
  /** What the program adds to its trace. */
  readonly trace: Tracing;
  readonly #pe: Pe;
  /** Runs exported functions on many items, on all PEs. */
  readonly pool: TaskPool;
  readonly #loops: ParallelLoops;

  constructor(pe: Pe) {
    this.#pe = pe;
    this.pool = new TaskPool(pe);
    this.#loops = new ParallelLoops(pe);
    this.trace = new Tracing(pe);
  }

  /** Number of this PE, from 0. */
  get pe(): number {
    return this.#pe.id;
  }

  /** Number of PEs. */
  get pes(): number {
    return this.#pe.pes;
  }

  /** Number of this node runtime (process), from 0. */
  get node(): number {
    return this.#pe.node;
  }

  get nodes(): number {
    return this.#pe.nodes;
  }

  /** The program's own arguments. */
  get args(): readonly string[] {
    return this.#pe.args;
  }

  /**
   * Creates a chare array; resolves when all elements everywhere have been constructed. With `size`, all indices
   * below it exist; with `indices`, just these, and `insert` adds more (an empty list waits for `doneInserting`).
   * Constructor arguments are shared by the elements of a PE. With `bindTo`, see docs/bound-arrays.md. Cost: about 0.4 us an element.
   */
  async array<C extends ChareBase, A extends readonly unknown[]>(
    chareClass: Constructor<C, A>,
    options: ArrayOptions<C, A>,
  ): Promise<ArrayProxy<C, IndexOf<C>>> {
    const type = this.#pe.registry.typeOf(chareClass);
    const { size, indices } = options;
    const args: readonly unknown[] = options.args ?? [];
    const map = options.map as Placement<never> | 'block' | 'roundRobin' | undefined;
    let keys: Key[] = [];
    let shape = new Shape(ShapeKind.sparse);
    if (indices !== undefined) {
      const space = new SparseSpace(type.indexCodec);
      keys = Array.from(indices, (index) => space.toKey(index, type.name));
      if (new Set(keys).size < keys.length)
        throw new UsageError(`${type.name}: an index is listed twice`, 'ERR_DUPLICATE_ELEMENT');
      if (map === 'block')
        throw new UsageError(`${type.name}: a sparse array has no block map; use 'roundRobin' or a placement`);
    } else {
      shape = denseShape(type.name, size);
    }
    const usesAtSync = options.usesAtSync === true;
    const bindTo: unknown = options.bindTo;
    let bound = {};
    if (bindTo !== undefined) {
      if (!(bindTo instanceof ArrayProxyImpl))
        throw new UsageError(`${type.name}: bindTo must be the proxy of an array`);
      if (map !== undefined)
        throw new UsageError(`${type.name}: a bound array has no map; its elements are where the others are`);
      bound = { boundTo: bindTo.leaderOf(type, shape) };
    }
    const { collection, done } = this.#pe.collections.create({ type, shape, map, args, keys, usesAtSync, ...bound });
    await done;
    return collection.arrayProxy as unknown as ArrayProxy<C, IndexOf<C>>;
  }

  /** Creates a group: one branch on every PE, with the PE's number as index. */
  group<C extends ChareBase, A extends readonly unknown[]>(
    chareClass: Constructor<C, A>,
    ...[options]: Optional<ConstructorArgs<A>>
  ): Promise<GroupProxy<C>> {
    return this.#group(ShapeKind.group, chareClass, options);
  }

  /** Creates a node group: one branch in every node runtime, on its first PE, with the node's number as index. */
  nodeGroup<C extends ChareBase, A extends readonly unknown[]>(
    chareClass: Constructor<C, A>,
    ...[options]: Optional<ConstructorArgs<A>>
  ): Promise<GroupProxy<C>> {
    return this.#group(ShapeKind.nodeGroup, chareClass, options);
  }

  async #group<C extends ChareBase>(
    kind: ShapeKind,
    chareClass: { readonly name: string },
    options: { readonly args?: readonly unknown[] } | undefined,
  ): Promise<GroupProxy<C>> {
    const type = this.#pe.registry.typeOf(chareClass);
    const creation = { type, shape: new Shape(kind), map: undefined, args: options?.args ?? [], keys: [] };
    const { collection, done } = this.#pe.collections.create(creation);
    await done;
    return collection.groupProxy as unknown as GroupProxy<C>;
  }

  /** Creates a singleton chare; resolves when it has been constructed. */
  async chare<C extends ChareBase, A extends readonly unknown[]>(
    chareClass: Constructor<C, A>,
    ...[options]: Optional<ChareOptions<A>>
  ): Promise<ElementProxy<C>> {
    const created = new Pending(this.#pe, () => `the creation of ${chareClass.name}`);
    const proxy = this.#spawn<C>(chareClass, options, created);
    await created.wait();
    return proxy;
  }

  /**
   * Creates a singleton chare without waiting: the proxy can be used at once, messages wait for the chare. With a
   * priority the new chare waits for its turn (a seed).
   */
  spawn<C extends ChareBase, A extends readonly unknown[]>(
    chareClass: Constructor<C, A>,
    ...[options]: Optional<ChareOptions<A>>
  ): ElementProxy<C> {
    return this.#spawn<C>(chareClass, options, undefined);
  }

  #spawn<C extends ChareBase>(
    chareClass: { readonly name: string },
    options: ({ readonly args?: readonly unknown[]; readonly onPe?: number } & SendOptions) | undefined,
    created: Pending | undefined,
  ): ElementProxy<C> {
    const pe = this.#pe;
    const collection = pe.collections.singletonsOf(pe.registry.typeOf(chareClass));
    pe.sealReadonlies();
    const isSeed = options?.onPe === undefined && pe.seeds.areMovable;
    const onPe = options?.onPe ?? pe.seeds.place();
    if (!Number.isInteger(onPe) || onPe < 0 || onPe >= pe.pes)
      throw new UsageError(`onPe is ${onPe}; PEs are 0 to ${pe.pes - 1}`);
    const priority = options?.priority;
    if (priority !== undefined) checkPriority(priority);
    const isPlain = priority === undefined && options?.queueing === undefined && options?.expedited === undefined;
    const key = pe.collections.newSingletonKey(onPe);
    const sendOptions = isPlain ? undefined : options;
    if (isSeed) pe.seeds.plant(collection, key, options?.args ?? [], onPe, sendOptions, created);
    else collection.insertion.insert(key, options?.args ?? [], onPe, sendOptions, created);
    return collection.elementProxy(key) as unknown as ElementProxy<C>;
  }

  /**
   * Splits an array or group into `count` sections: into blocks of neighbours, or as `partsOf` says of each index; an index may be in
   * several sections, or none. Of a sparse array give the `indices` too.
   */
  split<C extends ChareBase, I>(
    whole: ArrayProxy<C, I> | GroupProxy<C>,
    count: number,
    partsOf?: (index: I) => number | Iterable<number>,
    indices?: SectionIndices<I>,
  ): SectionProxy<C, I>[] {
    return split(whole, count, partsOf as never, indices as never) as unknown as SectionProxy<C, I>[];
  }

  /**
   * One section of everything that is in these sections, arrays and groups, each once. Entry methods are those that all have, by
   * name. Sections made on other PEs are asked for their members.
   */
  async combine<P extends readonly (AnySection | AnyWhole)[]>(
    ...parts: P
  ): Promise<SectionProxy<ChareOf<P[number]>, IndexIn<P[number]>>> {
    return (await combine(parts)) as never;
  }

  /** Detects when all that the program counts as produced has been consumed; several may be under way. See docs/completion.md. */
  completion(): Completion {
    return new Completion(this.#pe, this.#pe.collections.completion.make());
  }

  /** A value that will be there later; send it to whoever shall set it. */
  future<T = void>(): Future<T> {
    return this.#pe.futures.make<T>();
  }

  /** A callback that ends the job; a number sent to it is the exit code. */
  get exitCallback(): Callback<unknown> {
    return new ExitCallback((code) => this.#pe.exit(code));
  }

  /** A callback that drops what it is sent. */
  get ignoreCallback(): Callback<unknown> {
    return new IgnoreCallback();
  }

  /** Resolves when no message is queued or in flight anywhere, `sleep` and `track` included. */
  quiescence(): Promise<void> {
    return this.#pe.quiescence.wait();
  }

  /**
   * Asks for a load-balancing step now; resolves when it has ended, with what came of it. Elements move between their entry
   * methods. @throws UsageError (as a rejection) if the job has no balancer.
   */
  balance(): Promise<LbStepReport> {
    return this.#pe.lb.balance();
  }

  /**
   * Balances by other strategies from the next step on: names or files as for `--balancer`, the first of them first; an empty
   * list: no more. Resolves when it is in force. @throws UsageError (as a rejection) for names that there are not.
   */
  setBalancer(balancer: string | readonly string[]): Promise<void> {
    return this.#pe.lb.setBalancer(typeof balancer === 'string' ? balancer.split(',') : balancer);
  }

  /** Says whether elements may be on a PE: those there leave at the next load-balancing step, and none come. */
  setAvailable(pe: number, isAvailable: boolean): void {
    if (!Number.isInteger(pe) || pe < 0 || pe >= this.pes)
      throw new UsageError(`setAvailable: there is no PE ${pe}; PEs are 0 to ${this.pes - 1}`);
    this.#pe.lb.setAvailable(pe, isAvailable);
  }

  /** Ends the job on all PEs; `code` (0 to 255) is its exit code. Messages still queued are dropped. */
  exit(code = 0): void {
    this.#pe.exit(code);
  }

  /** Ends the job with a report and exit code 1. */
  abort(reason: string | Error): void {
    const message = typeof reason === 'string' ? reason : describeThrown(reason);
    const element = this.#pe.current;
    const entry = this.#pe.currentEntry === undefined ? {} : { entry: this.#pe.currentEntry.name };
    const place = element === undefined ? { pe: this.pe } : { pe: this.pe, chare: element.label, ...entry };
    const cause = typeof reason === 'string' ? undefined : { cause: reason };
    this.#pe.fail(new CharmError('ERR_ABORTED', message, place, cause));
  }

  /** Sets a readonly value. @throws UsageError after the first chare has been created, or outside main. */
  set<T>(token: Readonly<T>, value: T): void {
    if (this.pe !== 0) throw new UsageError('readonly values are set in main, on PE 0');
    this.#pe.readonlies.set(this.#pe.registry.nameOf(token, 'readonly', 'value'), value);
  }

  /** A readonly value. @throws UsageError if it was never set. */
  get<T>(token: Readonly<T>): T {
    return this.#pe.readonlies.get(this.#pe.registry.nameOf(token, 'readonly', 'value')) as T;
  }

  /**
   * Declares that the entry method computes for `seconds` here. A real PE is busy for that long; a simulated one is in
   * virtual time, in proportion to its speed. It stands for computing that a model of a program leaves out.
   */
  work(seconds: number): void {
    if (!(seconds >= 0 && seconds < Number.POSITIVE_INFINITY))
      throw new UsageError(`work takes seconds, 0 or more, not ${seconds}`);
    this.#pe.host.work(seconds);
  }

  /**
   * Resolves after `ms` milliseconds; the job is not quiescent meanwhile. With a signal it rejects with the signal's reason
   * as soon as that is aborted.
   */
  sleep(ms: number, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    checkDelay(ms, 'sleep');
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (signal === undefined && this.#pe.current?.frames !== undefined && this.#pe.host.outside === undefined)
      return this.#sleepMovable(ms);
    return this.track(
      new Promise((resolve, reject) => {
        const abort = (): void => {
          stop();
          reject(signal?.reason);
        };
        const stop = this.#pe.host.after(ms, () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        });
        signal?.addEventListener('abort', abort, { once: true });
      }),
    );
  }

  /** The chare may leave meanwhile; the timer stays. */
  #sleepMovable(ms: number): Promise<void> {
    const pe = this.#pe;
    const pending = new Pending(pe, () => `the end of a sleep of ${ms} ms`);
    pe.created++;
    pe.trackedCount++;
    pe.host.after(ms, () => {
      pe.processed++;
      pe.trackedCount--;
      pending.resolve(undefined);
    });
    return pending.wait() as Promise<void>;
  }

  /**
   * Resolves when this PE may send on: at once, unless more than 8 MiB of what it has sent wait for other nodes to take it. For
   * entry methods that send without end: `await this.charm.ready()` before each message, or each hundred. See docs/nodes.md.
   */
  ready(): Promise<void> {
    const { room } = this.#pe;
    return room.isCongested ? this.track(room.whenMade()) : isReady;
  }

  /** Counts outside work (a timer, a file, a request) as a message in flight until the promise settles. */
  async track<T>(work: Promise<T>): Promise<T> {
    const pe = this.#pe;
    const { current } = pe;
    // Without an element, nobody knows whose entry method was the last one.
    const entry = current === undefined ? undefined : pe.currentEntry;
    pe.created++;
    pe.trackedCount++;
    try {
      return await (pe.host.outside === undefined ? work : pe.host.outside(work));
    } finally {
      pe.processed++;
      pe.trackedCount--;
      pe.continuation.settling(current, entry);
      pe.resumeSoon();
    }
  }

  /**
   * A typed array of zeros in memory that the PEs of this process share: sending it hands it over without a copy.
   * `charm.shared(Float64Array, 1e6)`. See docs/zero-copy.md. Cost: about 1 us, and the zeros.
   */
  shared<T extends SharableArray>(type: SharableConstructor<T>, length: number): SharedArray<T> {
    return SharedArray.make(this.#pe.heap(), type, length);
  }

  /**
   * Runs a loop on the PEs of this process that are free, this one included: `body(from, to, ...args)` for chunks of the range. With a
   * reducer, the bodies' values are combined. The body is an exported function; see docs/pool.md. Cost: a message to each PE and back.
   */
  loop<A extends readonly unknown[]>(body: LoopBody<A, void>, options: LoopOptions<A>): Promise<void>;
  loop<A extends readonly unknown[], V, R>(
    body: LoopBody<A, V>,
    options: LoopOptions<A> & { readonly reducer: Reducer<V, R> },
  ): Promise<R>;
  async loop(
    body: unknown,
    options: Omit<LoopOptions<never>, 'args'> & { readonly args: unknown; readonly reducer?: unknown },
  ): Promise<unknown> {
    const { reducer, ...others } = options;
    return this.#loops.run(
      body as ProgramFunction,
      others as LoopOptions<readonly unknown[]>,
      reducer as AnyReducer | undefined,
    );
  }

  /** The file system of a simulated machine; undefined where there is none but that of Node.js. `charm4ts/io` asks here first. */
  get files(): FileAccess | undefined {
    return this.#pe.host.files;
  }

  /** Seconds since an arbitrary start; never goes back. */
  now(): number {
    return this.#pe.clock.now() / 1000;
  }

  /** Uniform in [0, 1), from this PE's own seeded source. */
  random(): number {
    return this.#pe.random.next();
  }
}

function denseShape(className: string, size: unknown): Shape {
  const dims = typeof size === 'number' ? [size] : size;
  const isValid =
    Array.isArray(dims) &&
    dims.length >= 1 &&
    dims.length <= dimensionsMax &&
    dims.every((extent) => Number.isInteger(extent) && extent >= 1 && extent < 2 ** 32) &&
    dims.reduce((product: number, extent: number) => product * extent, 1) <= Number.MAX_SAFE_INTEGER;
  if (!isValid) {
    throw new UsageError(
      `${className}: size must be a positive integer or 1 to ${dimensionsMax} of them, not ${JSON.stringify(size)}`,
    );
  }
  return new Shape(typeof size === 'number' ? ShapeKind.dense : ShapeKind.denseTuple, dims);
}
