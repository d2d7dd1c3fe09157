/** The types of proxies: a chare class's methods as seen from afar. Checked by the compiler, no interface files. */
import type { Aggregation } from '../aggregation/aggregator.ts';
import type { Callback } from '../message/callback.ts';
import type { Priority } from '../pe/priority.ts';
import type { SectionIndices } from '../section/section-indices.ts';
import type { Chare, ChareBase } from './chare.ts';
import type { IndexOf } from './charm.ts';

/** Keys that every chare has; they are not entry methods. */
type BaseKey = keyof Chare<unknown>;

// Mapped over `keyof C` without filtering, since only then can a class use `this.array.at(i).method()` while its
// own type is still the polymorphic `this`. Fields and inherited runtime methods come out as `unknown`.
type Tell<F> = F extends (...args: infer A) => unknown ? (...args: A) => void : unknown;
type Ask<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : unknown;
type Call<F> = F extends (...args: infer A) => infer R ? (...args: A) => R : unknown;
type CallbackFor<F> = F extends (...args: infer A) => unknown
  ? Callback<A extends readonly [] ? unknown : A extends readonly [(infer T)?, ...unknown[]] ? T : unknown>
  : unknown;

export type TellMethods<C> = { readonly [K in keyof C]: K extends BaseKey ? unknown : Tell<C[K]> };
export type AskMethods<C> = { readonly [K in keyof C]: K extends BaseKey ? unknown : Ask<C[K]> };
export type CallMethods<C> = { readonly [K in keyof C]: K extends BaseKey ? unknown : Call<C[K]> };
export type CallbackMethods<C> = { readonly [K in keyof C]: K extends BaseKey ? unknown : CallbackFor<C[K]> };

/** How a message is sent. */
export interface SendOptions {
  /** Lower is more urgent; see BitVector for tree searches. Without one a message ranks between -1 and 0. */
  readonly priority?: Priority;
  /** Among equal priorities: first come first served (default), or last come first. */
  readonly queueing?: 'fifo' | 'lifo';
  /** Goes before all priorities, in the order sent. */
  readonly expedited?: boolean;
  /**
   * An element of a sparse array that does not exist is created, without arguments, and then gets the message: on its home
   * PE, or on the sender's. However many messages demand it, one is made; without this they wait for it to be inserted.
   */
  readonly create?: 'home' | 'here';
  /**
   * Collects small messages to other PEs in buffers and sends many at once: more of them a second, each a little later. They may
   * arrive in another order than they were sent. See docs/aggregation.md.
   */
  readonly aggregate?: boolean | Aggregation;
}

/**
 * One chare, wherever it is. Calling a method sends a message and returns at once; the cost on the same PE is
 * about 60 ns, on another PE of the process about 0.5 us.
 */
export type ElementProxy<C extends ChareBase> = TellMethods<C> & {
  /** The same methods, returning a promise of the entry method's result; it rejects with the entry's error. */
  readonly ask: AskMethods<C>;
  /** Entry methods with the attribute `local`, called at once. @throws UsageError if the chare is on another PE. */
  readonly call: CallMethods<C>;
  /** Callbacks that call the method with the value as its first argument. */
  readonly callback: CallbackMethods<C>;
  /** The same chare with other send options. */
  with(options: SendOptions): ElementProxy<C>;
};

/** All elements of a collection: a call reaches each exactly once, and in the same order as other broadcasts. */
export type BroadcastProxy<C extends ChareBase> = TellMethods<C> & {
  readonly callback: CallbackMethods<C>;
  with(options: SendOptions): BroadcastProxy<C>;
};

/**
 * Some elements of one array or group, or of several. A call reaches each member exactly once, in the same order as all
 * calls of this section, wherever members move meanwhile. Can be sent in messages. See docs/sections.md.
 */
export type SectionProxy<C extends ChareBase, I = IndexOf<C>> = TellMethods<C> & {
  readonly callback: CallbackMethods<C>;
  with(options: Omit<SendOptions, 'create' | 'aggregate'>): SectionProxy<C, I>;
  /** Members when this proxy was made. */
  readonly memberCount: number;
  /**
   * Gives the section other members of the same array; resolves when they have been told. Multicasts from then on reach the
   * new ones; reductions that have begun end with those who have contributed.
   */
  regroup(indices: SectionIndices<I>): Promise<void>;
};

/** Any section: one to contribute to. */
export interface AnySection {
  readonly memberCount: number;
  readonly callback: unknown;
}

/** A chare array. Can be sent in messages. */
export interface ArrayProxy<C extends ChareBase, I> {
  /** One element. @throws UsageError ERR_INDEX_OUT_OF_RANGE if a dense array has no such index. */
  at(index: I): ElementProxy<C>;
  readonly all: BroadcastProxy<C>;
  /** Elements of a dense array; NaN for a sparse one, whose size changes. */
  readonly size: number;
  /**
   * A part of the array, with its own multicasts and reductions. The PE that makes it is its root. Cost: a message to each
   * PE that has members, and back; see docs/sections.md.
   */
  section(indices: SectionIndices<I>): SectionProxy<C, I>;
  /** Extent of each dimension of a dense array; empty for a sparse one. */
  readonly dims: readonly number[];
  /** The element itself if it is on this PE. Do not keep the reference: elements migrate. */
  local(index: I): C | undefined;
  /**
   * Adds an element to a sparse array; messages sent to it meanwhile wait. A second element with the same index
   * ends the job with ERR_DUPLICATE_ELEMENT.
   */
  insert(index: I, options?: { readonly args?: readonly unknown[]; readonly onPe?: number }): void;
  /** Says that the initial elements have been inserted by this PE; reductions complete only after it. */
  doneInserting(): Promise<void>;
}

/** One branch per PE (group) or per node runtime (node group). Can be sent in messages. */
export interface GroupProxy<C extends ChareBase> {
  /** The branch of a PE (or node). @throws UsageError ERR_INDEX_OUT_OF_RANGE if there is no such PE. */
  at(pe: number): ElementProxy<C>;
  readonly all: BroadcastProxy<C>;
  /** Number of branches. */
  readonly size: number;
  /** The branches of some PEs (or nodes), with their own multicasts and reductions. */
  section(pes: SectionIndices<number>): SectionProxy<C, number>;
  /** This PE's branch: a plain reference. @throws UsageError if there is none on this PE (node groups). */
  local(): C;
}
