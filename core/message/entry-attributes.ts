/**
 * What a chare class says about its entry methods: `static readonly entries: Entries<Stencil> = { ghost: { ... } }`.
 *
 * Types for programs, and the check of what a program wrote. A class inherits the attributes of its ancestors, method by
 * method. Attributes are looked at once, when the registry is built; methods without any cost nothing.
 */
import { type Aggregation, checkAggregation } from '../aggregation/aggregator.ts';
import { UsageError } from '../base/errors.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import { checkPriority, type Priority } from '../pe/priority.ts';

/** Attributes of one entry method of `C` with parameters `A`. See docs/entry-attributes.md. */
export interface EntryAttributes<C, A extends readonly unknown[]> {
  /**
   * A message runs only when this is true; until then it waits, and moves with its chare. Asked when the message comes
   * and after each entry method of the chare. Must not change anything.
   */
  when?(self: C, ...args: A): boolean;
  /** Messages wait until `this.when` of the chare takes them. */
  readonly awaited?: boolean;
  /**
   * A message waits until its PE has nothing else to do. A method that returns true, or a promise of true, is called again with the same
   * arguments when the PE is idle again.
   */
  readonly whenIdle?: boolean;
  /** Does not begin before earlier exclusive methods of the chare have ended, async ones included. */
  readonly exclusive?: boolean;
  /** Runs at once, inside the call, if the chare is on the sender's PE. It may be in the middle of another method of its chare. */
  readonly inline?: boolean;
  /** Is only called with `proxy.call`: at once, with the result itself; an error if the chare is on another PE. */
  readonly local?: boolean;
  /** Of its messages, unless the proxy says itself how they rank. */
  readonly priority?: Priority;
  /** Its messages go before all priorities, unless the proxy says itself how they rank. */
  readonly expedited?: boolean;
  /** Expedited; and a message from another PE runs as soon as it has arrived, before everything that waits. Should be short. */
  readonly immediate?: boolean;
  /** Its messages create elements of sparse arrays that do not exist: on their home PE, or on the sender's. */
  readonly create?: 'home' | 'here';
  /** Its messages to other PEs are collected in buffers, and many sent at once, unless the proxy says otherwise. See docs/aggregation.md. */
  readonly aggregate?: boolean | Aggregation;
  /** Traces leave it out. */
  readonly notrace?: boolean;
}

/** Attributes of the entry methods of a chare class; names and parameters are checked. */
export type Entries<C> = {
  readonly [K in keyof C]?: C[K] extends (...args: infer A) => unknown ? EntryAttributes<C, A> : never;
};

/** When messages for an entry method may run. */
export interface Gate {
  readonly when: ((self: object, ...args: readonly unknown[]) => boolean) | undefined;
  readonly isAwaited: boolean;
  readonly isExclusive: boolean;
  readonly isIdle: boolean;
}

/** How a proxy calls an entry method on one element. */
export type CallKind = 'message' | 'inline' | 'local';

/** Attributes as the runtime uses them. */
export interface CheckedAttributes {
  /** Undefined: always. */
  readonly gate: Gate | undefined;
  readonly callKind: CallKind;
  readonly isImmediate: boolean;
  readonly isUntraced: boolean;
  /** How its messages are sent if the proxy does not say it. */
  readonly options: SendOptions | undefined;
}

/** Attributes of an entry method of which the class says nothing. */
export const plainAttributes: CheckedAttributes = {
  gate: undefined,
  callKind: 'message',
  isImmediate: false,
  isUntraced: false,
  options: undefined,
};

/** How a message is sent: what the proxy says of its rank, and of creation, counts before what the entry method says. */
export function mergedOptions(own: SendOptions, given: SendOptions | undefined): SendOptions {
  if (given === undefined) return own;
  const isRanked = given.priority !== undefined || given.queueing === 'lifo' || given.expedited === true;
  const create = given.create ?? own.create;
  const aggregate = given.aggregate ?? own.aggregate;
  const ranked = isRanked ? given : own;
  if (ranked.create === create && ranked.aggregate === aggregate) return ranked;
  return {
    ...ranked,
    ...(create === undefined ? {} : { create }),
    ...(aggregate === undefined ? {} : { aggregate }),
  };
}

type Attributes = EntryAttributes<object, readonly unknown[]>;

const kinds: Readonly<Record<keyof Attributes, string>> = {
  when: 'function',
  awaited: 'boolean',
  whenIdle: 'boolean',
  exclusive: 'boolean',
  inline: 'boolean',
  local: 'boolean',
  priority: 'priority',
  expedited: 'boolean',
  immediate: 'boolean',
  create: 'string',
  aggregate: 'aggregation',
  notrace: 'boolean',
};

/** Attributes by method, those of the most derived class first. @throws UsageError for what makes no sense. */
export function attributesOf(
  className: string,
  prototype: object,
  base: object,
  isEntry: (name: string) => boolean,
): ReadonlyMap<string, CheckedAttributes> {
  const found = new Map<string, CheckedAttributes>();
  for (let p = prototype; p !== base && p !== null; p = Object.getPrototypeOf(p)) {
    const own: unknown = Object.getOwnPropertyDescriptor(p.constructor, 'entries')?.value;
    if (typeof own !== 'object' || own === null) continue;
    for (const [name, attributes] of Object.entries(own)) {
      if (!isEntry(name)) throw new UsageError(`${className}.entries names ${name}, which is no entry method`);
      if (!found.has(name)) found.set(name, check(`${className}.entries.${name}`, attributes, prototype));
    }
  }
  return found;
}

function check(where: string, attributes: Attributes, prototype: object): CheckedAttributes {
  for (const [name, value] of Object.entries(attributes)) {
    const kind = kinds[name as keyof Attributes];
    if (kind === undefined)
      throw new UsageError(`${where} has no attribute ${name}; there are ${Object.keys(kinds).join(', ')}`);
    if (name === 'priority') checkPriority(value as Priority);
    else if (name === 'aggregate') checkAggregation(value as Aggregation, `${where}.aggregate`);
    else if (typeof value !== kind) throw new UsageError(`${where}.${name} must be a ${kind}, not ${typeof value}`);
  }
  checkTogether(where, attributes);
  if (attributes.create !== undefined) checkCreate(where, attributes.create, prototype);
  const { when, awaited = false, whenIdle = false, exclusive = false } = attributes;
  const isGated = when !== undefined || awaited || exclusive || whenIdle;
  return {
    gate: isGated ? { when, isAwaited: awaited, isExclusive: exclusive, isIdle: whenIdle } : undefined,
    callKind: attributes.inline === true ? 'inline' : attributes.local === true ? 'local' : 'message',
    isImmediate: attributes.immediate === true,
    isUntraced: attributes.notrace === true,
    options: optionsOf(attributes),
  };
}

function optionsOf({ priority, expedited, immediate, create, aggregate }: Attributes): SendOptions | undefined {
  const options = {
    ...(priority === undefined ? {} : { priority }),
    ...(expedited === true || immediate === true ? { expedited: true } : {}),
    ...(create === undefined ? {} : { create }),
    ...(aggregate === undefined ? {} : { aggregate }),
  };
  return Object.keys(options).length > 0 ? options : undefined;
}

/** @throws UsageError for attributes that exclude each other. */
function checkTogether(where: string, attributes: Attributes): void {
  const { when, awaited, whenIdle, exclusive, inline, local, priority, expedited, immediate, create } = attributes;
  const { aggregate = false } = attributes;
  const mayWait = when !== undefined || [awaited, exclusive, whenIdle].includes(true);
  const isSent = priority !== undefined || create !== undefined || [expedited, immediate].includes(true);
  const refuse = (why: string): never => {
    throw new UsageError(`${where}: ${why}`);
  };
  if (mayWait && inline === true) refuse("a message that may have to wait can't be inline");
  if (mayWait && immediate === true) refuse("a message that may have to wait can't be immediate");
  if (local === true && (mayWait || isSent || inline === true))
    refuse('a local method gets no messages, so only notrace goes with local');
  if (aggregate !== false && (local === true || immediate === true))
    refuse("local and immediate methods have no messages that could wait for others; they can't aggregate");
  if (whenIdle === true && (when !== undefined || awaited === true || exclusive === true))
    refuse('whenIdle goes with no other condition');
}

function checkCreate(where: string, create: string, prototype: object): void {
  if (create !== 'home' && create !== 'here')
    throw new UsageError(`${where}.create must be 'home' or 'here', not ${JSON.stringify(create)}`);
  const { name, length } = prototype.constructor;
  if (length > 0)
    throw new UsageError(
      `${where}: an element that a message creates gets no arguments, and the constructor of ${name} needs ${length}; give them defaults`,
    );
}
