/**
 * `Chare`: what a user's class extends. It holds nothing but a link to its element record; everything it offers
 * is reached through that record, so that a chare's own fields are exactly the user's.
 */
import { LbState } from '../balance/lb-state.ts';
import { UsageError } from '../base/errors.ts';
import { type ElementwiseReducer, type NumberArray, Reducer } from '../collective/reducers.ts';
import { requestMove, settleSoon } from '../location/migration.ts';
import type { Callback } from '../message/callback.ts';
import { SectionProxyImpl } from '../section/section-proxy.ts';
import type { SectionTable } from '../section/section-table.ts';
import { type Channel, type ChannelOptions, type ChannelPeer, openChannel } from './channel.ts';
import type { Charm } from './charm.ts';
import type { ElementRecord } from './element.ts';
import { Mailbox } from './mailbox.ts';
import type { ArrayProxyImpl } from './proxy.ts';
import type { AnySection, ArrayProxy, ElementProxy, GroupProxy } from './proxy-types.ts';
import { checkDelay, type TimerMethods } from './timer.ts';
import type { WhenMethods } from './when.ts';

// The record of the element whose constructor is about to run. Set by `construct`, taken by the base constructor
// before any user code runs, both in one synchronous step; so it is an argument in disguise and not state.
let handedOver: ElementRecord | undefined;

/** Non-generic root of all chare classes; used where the index type does not matter. */
export abstract class ChareBase {
  readonly #record: ElementRecord | undefined;

  constructor() {
    this.#record = handedOver;
    if (handedOver !== undefined) handedOver.chare = this;
    handedOver = undefined;
  }

  /** @internal The runtime's record of a chare. @throws UsageError if the runtime did not create it. */
  static recordOf(chare: ChareBase): ElementRecord {
    const record = chare.#record;
    if (record !== undefined) return record;
    const name = chare.constructor.name;
    throw new UsageError(
      `this ${name} was made with \`new\`; chares are created with charm.array, group, chare or spawn`,
    );
  }
}

/** @internal Constructs a chare for `record`. */
export function construct(
  record: ElementRecord,
  chareClass: new (...args: readonly unknown[]) => ChareBase,
  args: readonly unknown[],
): void {
  handedOver = record;
  try {
    new chareClass(...args);
  } finally {
    handedOver = undefined;
  }
}

/** @internal Makes a chare that has migrated, without running its constructor: its fields come from its packed state. */
export function restore(record: ElementRecord, chareClass: new (...args: readonly unknown[]) => ChareBase): void {
  handedOver = record;
  Reflect.construct(ChareBase, [], chareClass);
}

/**
 * A chare: an object with private state whose methods are called by messages. `I` is the type of its index.
 *
 * Entry methods are all methods of the class except accessors, names starting with `_`, `then` and `toJSON`.
 * They run one at a time on a PE; an async one lets others of the same chare run while it waits.
 */
export abstract class Chare<I = number> extends ChareBase {
  /** The PE this chare is on now. */
  get charm(): Charm {
    return ChareBase.recordOf(this).collection.pe.charm;
  }

  /** Index in the array; PE (or node) number in a group; a unique number for a singleton. */
  get index(): I {
    const record = ChareBase.recordOf(this);
    return record.collection.space.toIndex(record.key) as I;
  }

  /** The array this element belongs to. @throws UsageError outside arrays. */
  get array(): ArrayProxy<this, I> {
    return ChareBase.recordOf(this).collection.arrayProxy as unknown as ArrayProxy<this, I>;
  }

  /** The group or node group this branch belongs to. @throws UsageError outside groups. */
  get group(): GroupProxy<this> {
    return ChareBase.recordOf(this).collection.groupProxy as unknown as GroupProxy<this>;
  }

  /**
   * The element with this index of an array that is bound to this one: the object itself, on this PE. Do not keep it.
   * @throws UsageError if the arrays are not bound, or that one has no such element.
   */
  companion<C extends ChareBase>(array: ArrayProxy<C, I>): C {
    return (array as unknown as ArrayProxyImpl).companionOf(ChareBase.recordOf(this)) as C;
  }

  /** This chare's own proxy. */
  get self(): ElementProxy<this> {
    const record = ChareBase.recordOf(this);
    return record.collection.elementProxy(record.key) as unknown as ElementProxy<this>;
  }

  /**
   * Adds this element's value to the collection's next reduction; every element contributes once to each. The
   * result goes to `target` of any contribution, so all should name the same. Reductions of a collection complete in order.
   * With a section, to that section's next reduction: each section counts for itself.
   * Cost: about 60 ns here, one message per PE and reduction, log P hops.
   */
  contribute<V, R>(value: V, reducer: Reducer<V, R>, target: Callback<R>, among?: Among): void;
  contribute<A extends NumberArray>(value: A, reducer: ElementwiseReducer, target: Callback<A>, among?: Among): void;
  contribute<V, R>(value: V, reducer: Reducer<V, R>, target: Callback<R>, among?: Among): void {
    const record = ChareBase.recordOf(this);
    if (among?.section === undefined) record.collection.reductions.contribute(record, value, reducer, target);
    else sectionsOf(record).contribute(record, sectionNumber(among.section), value, reducer, target);
  }

  /** A reduction whose result every element (or member of a section) gets; the object may be shared by those of a PE. */
  allreduce<V, R>(value: V, reducer: Reducer<V, R>, among?: Among): Promise<R>;
  allreduce<A extends NumberArray>(value: A, reducer: ElementwiseReducer, among?: Among): Promise<A>;
  allreduce<V, R>(value: V, reducer: Reducer<V, R>, among?: Among): Promise<R> {
    const record = ChareBase.recordOf(this);
    if (among?.section === undefined)
      return record.collection.reductions.allreduce(record, value, reducer) as Promise<R>;
    return sectionsOf(record).allreduce(record, sectionNumber(among.section), value, reducer) as Promise<R>;
  }

  /**
   * Moves this element, with its companions in bound arrays, to another PE, between entry methods: at the end of this
   * one, once no async entry method of any of them is under way. Fields are packed by default (see docs/migration.md); messages follow. Cost: 2 us and its bytes.
   * @throws UsageError for singletons, groups, pinned chares, and classes with # fields but no pack and unpack.
   */
  migrateTo(pe: number): void {
    requestMove(ChareBase.recordOf(this), pe);
  }

  /**
   * This chare's end of a channel to another chare, which opens its own end in the same way. Opened again, it is the same
   * one. Two chares may have several channels, by name.
   */
  channel<S, R = S>(peer: ChannelPeer, options: ChannelOptions = {}): Channel<S, R> {
    return openChannel<S, R>(ChareBase.recordOf(this), peer, options);
  }

  /**
   * Requests for messages to `awaited` entry methods: `await this.when.ghost(iteration)` runs the oldest message whose first
   * argument is `iteration` (or that a given function accepts) and gives its result. Cost: about 1 us.
   */
  get when(): WhenMethods<this> {
    const mailbox = Mailbox.of(ChareBase.recordOf(this));
    return mailbox.when as WhenMethods<this>;
  }

  /**
   * `this.sendAfter(ms).method(...)` sends this chare that message in `ms` milliseconds, wherever it is then. The job is not
   * quiescent before. Gives a timer, which can be cancelled.
   */
  sendAfter(ms: number): TimerMethods<this> {
    checkDelay(ms, 'sendAfter');
    return timersOf(this, ms, 0) as TimerMethods<this>;
  }

  /**
   * `this.sendEvery(ms).method(...)` sends this chare that message every `ms` milliseconds, the first time in `ms`. Ticks that a busy PE
   * missed do not pile up. It does not keep the job from being quiescent.
   */
  sendEvery(ms: number): TimerMethods<this> {
    checkDelay(ms, 'sendEvery');
    if (ms === 0) throw new UsageError('sendEvery takes more than 0 milliseconds; see also the attribute whenIdle');
    return timersOf(this, ms, ms) as TimerMethods<this>;
  }

  /**
   * Comes to the next load-balancing step, for which all elements of arrays with `usesAtSync` are waited for. The element goes
   * on after it: at `await`, or, so that it can move, in its method `resumeFromSync()`, which is called where it then is.
   * Call it last. Without a balancer it goes on at once. @throws UsageError outside such arrays, or when called again before.
   */
  atSync(): PromiseLike<void> {
    const record = ChareBase.recordOf(this);
    return record.collection.pe.lb.sync.atSync(record);
  }

  /** Seconds of work of this element in each step, on a PE of speed 1, instead of what is measured; NaN: measured again. */
  setLoad(seconds: number): void {
    if (!(seconds >= 0 || Number.isNaN(seconds)) || seconds === Number.POSITIVE_INFINITY)
      throw new UsageError(`setLoad takes seconds, 0 or more, or NaN, not ${seconds}`);
    LbState.of(ChareBase.recordOf(this)).givenLoad = seconds;
  }

  /**
   * How much memory this chare holds, in bytes, for strategies that mind memory, and for simulated hosts, which page when
   * their chares hold more than they have. Without it a strategy knows the packed size of elements that have moved.
   */
  setMemory(bytes: number): void {
    if (!(bytes >= 0 && bytes < Number.POSITIVE_INFINITY))
      throw new UsageError(`setMemory takes bytes, 0 or more, not ${bytes}`);
    const record = ChareBase.recordOf(this);
    const lb = LbState.of(record);
    record.collection.pe.host.hold?.(bytes - lb.memory);
    lb.memory = bytes;
  }

  /** Coordinates of this element for strategies that use them, instead of its index. Up to three. */
  setPosition(...position: readonly number[]): void {
    if (position.length < 1 || position.length > 3 || !position.every(Number.isFinite))
      throw new UsageError(`setPosition takes one to three numbers, not ${position.join(', ')}`);
    LbState.of(ChareBase.recordOf(this)).position = position;
  }

  /** Forbids, or allows again, that a balancer or `migrateTo` moves this element. Its companions stay with it. */
  setMigratable(isMigratable: boolean): void {
    ChareBase.recordOf(this).isPinned = !isMigratable;
  }

  /** Ends this element of a sparse array, at the end of its entry methods. Messages for its index wait for a new one. */
  destroy(): void {
    const record = ChareBase.recordOf(this);
    if (!record.collection.isOpen)
      throw new UsageError(`${record.label} can't be destroyed: only elements of sparse arrays can`);
    record.mustDie = true;
    if (record.collection.pe.current !== record) settleSoon(record);
  }

  /** Resolves when every element of the collection, or every member of a section, has called it. */
  barrier(among?: Among): Promise<void> {
    return this.allreduce(undefined, Reducer.nop, among);
  }
}

function timersOf(chare: ChareBase, delayMs: number, periodMs: number): object {
  const record = ChareBase.recordOf(chare);
  const { timerView } = record.collection.type;
  return new timerView(Mailbox.of(record).timers, delayMs, periodMs);
}

/** Whom a reduction is about: a section of which the element is a member, instead of its whole collection. */
export interface Among {
  readonly section?: AnySection;
}

function sectionsOf(record: ElementRecord): SectionTable {
  return record.collection.pe.collections.sections;
}

function sectionNumber(section: AnySection): number {
  if (section instanceof SectionProxyImpl) return SectionProxyImpl.targetOf(section).section;
  throw new UsageError('a reduction among a section needs { section: the proxy of a section }');
}
