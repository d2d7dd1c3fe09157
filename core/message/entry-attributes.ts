/**
 * What a chare class says about its entry methods: `static readonly entries: Entries<Stencil> = { ghost: { ... } }`.
 *
 * Types for programs, and the check of what a program wrote. A class inherits the attributes of its ancestors, method by
 * method. Attributes are looked at once, when the registry is built; methods without any cost nothing.
 */
import { UsageError } from '../base/errors.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import { checkPriority, type Priority } from '../pe/priority.ts';

/** Attributes of one entry method of `C` with parameters `A`. */
export interface EntryAttributes<C, A extends readonly unknown[]> {
  /**
   * A message runs only when this is true; until then it waits, and moves with its chare. Asked when the message comes
   * and after each entry method of the chare. Must not change anything.
   */
  when?(self: C, ...args: A): boolean;
  /** Messages wait until `this.when` of the chare takes them. */
  readonly awaited?: boolean;
  /** Does not begin before earlier exclusive methods of the chare have ended, async ones included. */
  readonly exclusive?: boolean;
  /** Runs at once, inside the call, if the chare is on the sender's PE. */
  readonly inline?: boolean;
  /** Of its messages, unless the proxy says otherwise. */
  readonly priority?: Priority;
  /** Its messages go before all priorities. */
  readonly expedited?: boolean;
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
}

/** Attributes as the runtime uses them. */
export interface CheckedAttributes {
  /** Undefined: always. */
  readonly gate: Gate | undefined;
  readonly isInline: boolean;
  readonly options: SendOptions | undefined;
}

type Attributes = EntryAttributes<object, readonly unknown[]>;

const kinds: Readonly<Record<keyof Attributes, string>> = {
  when: 'function',
  awaited: 'boolean',
  exclusive: 'boolean',
  inline: 'boolean',
  priority: 'priority',
  expedited: 'boolean',
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
      if (!found.has(name)) found.set(name, check(`${className}.entries.${name}`, attributes));
    }
  }
  return found;
}

function check(where: string, attributes: Attributes): CheckedAttributes {
  for (const [name, value] of Object.entries(attributes)) {
    const kind = kinds[name as keyof Attributes];
    if (kind === undefined)
      throw new UsageError(`${where} has no attribute ${name}; there are ${Object.keys(kinds).join(', ')}`);
    if (name === 'priority') checkPriority(value as Priority);
    else if (typeof value !== kind) throw new UsageError(`${where}.${name} must be a ${kind}, not ${typeof value}`);
  }
  const { when, awaited = false, exclusive = false, inline = false, priority, expedited } = attributes;
  const isGated = when !== undefined || awaited || exclusive;
  if (isGated && inline) throw new UsageError(`${where}: a message that may have to wait can't be inline`);
  const options = { ...(priority === undefined ? {} : { priority }), ...(expedited === true ? { expedited } : {}) };
  return {
    gate: isGated ? { when, isAwaited: awaited, isExclusive: exclusive } : undefined,
    isInline: inline,
    options: Object.keys(options).length > 0 ? options : undefined,
  };
}
