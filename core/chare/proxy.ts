/**
 * Proxies: the runtime side. For each chare class one set of proxy classes is generated, with a real method per
 * entry, so that a call is an ordinary method call and anything that is no entry (`then` above all) is undefined.
 *
 * Invariant: a proxy is immutable; its own state is private, so no entry name can collide with it.
 */
import { checkAggregation } from '../aggregation/aggregator.ts';
import { UsageError } from '../base/errors.ts';
import { EntryCallback } from '../message/callback.ts';
import { mergedOptions } from '../message/entry-attributes.ts';
import type { EntryMethod, EntryTable } from '../message/entry-table.ts';
import { HandleKind, writeCollection, writeTarget } from '../message/handle-kinds.ts';
import type { ChareType } from '../message/registry.ts';
import { checkPriority } from '../pe/priority.ts';
import { Handle, writeHandle } from '../pup/value-codec.ts';
import type { Writer } from '../pup/writer.ts';
import { makeSection } from '../section/make-section.ts';
import { keysOf, type SectionIndices } from '../section/section-indices.ts';
import type { SectionProxyImpl } from '../section/section-proxy.ts';
import type { ChareBase } from './chare.ts';
import type { Collection } from './collection.ts';
import { callLocal, refuseMessage, tellInline } from './direct-call.ts';
import type { ElementRecord } from './element.ts';
import type { Key } from './index-space.ts';
import type { SendOptions } from './proxy-types.ts';
import type { Shape } from './shape.ts';

const inspect = Symbol.for('nodejs.util.inspect.custom');

/** What element, broadcast, ask and callback proxies share: whom they mean, and how to send. */
export class EntryProxy extends Handle {
  readonly #collection: Collection;
  /** Undefined: all elements. */
  readonly #key: Key | undefined;
  readonly #options: SendOptions | undefined;

  constructor(collection: Collection, key: Key | undefined, options: SendOptions | undefined) {
    super();
    this.#collection = collection;
    this.#key = key;
    this.#options = options;
  }

  static tell(proxy: EntryProxy, entry: EntryMethod, args: unknown[]): void {
    proxy.#collection.tell(proxy.#key!, entry, args, proxy.#options);
  }

  /** The same for entry methods with attributes; those without any pay nothing for them. */
  static tellAs(proxy: EntryProxy, entry: EntryMethod, args: unknown[]): void {
    const options = EntryProxy.optionsFor(proxy, entry);
    if (entry.callKind === 'inline') tellInline(proxy.#collection, proxy.#key!, entry, args, options);
    else if (entry.callKind === 'local') refuseMessage(proxy.#collection, proxy.#key, entry);
    else proxy.#collection.tell(proxy.#key!, entry, args, options);
  }

  static callHere(proxy: EntryProxy, entry: EntryMethod, args: unknown[]): unknown {
    return callLocal(proxy.#collection, proxy.#key!, entry, args);
  }

  /** How a message is sent: an attribute that demands elements means nothing to arrays that have all of theirs. */
  static optionsFor(proxy: EntryProxy, entry: EntryMethod): SendOptions | undefined {
    const options = entry.options === undefined ? proxy.#options : mergedOptions(entry.options, proxy.#options);
    if (options?.create === undefined || (proxy.#collection.isOpen && proxy.#key !== undefined)) return options;
    const { create: _, ...others } = options;
    return others;
  }

  static broadcast(proxy: EntryProxy, entry: EntryMethod, args: unknown[]): void {
    if (entry.callKind === 'local') refuseMessage(proxy.#collection, undefined, entry);
    proxy.#collection.broadcast(entry, args, EntryProxy.optionsFor(proxy, entry));
  }

  static ask(proxy: EntryProxy, entry: EntryMethod, args: unknown[]): Promise<unknown> {
    if (entry.callKind === 'local') refuseMessage(proxy.#collection, proxy.#key, entry);
    return proxy.#collection.ask(proxy.#key!, entry, args, EntryProxy.optionsFor(proxy, entry));
  }

  static callback(proxy: EntryProxy, entry: EntryMethod): EntryCallback {
    if (entry.callKind === 'local') refuseMessage(proxy.#collection, proxy.#key, entry);
    return new EntryCallback(proxy.#collection, proxy.#key, entry, EntryProxy.optionsFor(proxy, entry));
  }

  /** Another view of the same target. */
  static as<P extends EntryProxy>(proxy: EntryProxy, view: ProxyClass<P>, options = proxy.#options): P {
    return new view(proxy.#collection, proxy.#key, options);
  }

  /** @throws UsageError if an element can't be created by demand. */
  static checkDemand(proxy: EntryProxy, create: string): void {
    const { type, isOpen } = proxy.#collection;
    const refuse = (why: string): never => {
      throw new UsageError(`${proxy.toJSON()} can't be sent to with create: ${JSON.stringify(create)}: ${why}`);
    };
    if (create !== 'home' && create !== 'here') refuse("it is 'home' or 'here'");
    if (proxy.#key === undefined) refuse('a broadcast creates nothing');
    if (!isOpen) refuse('only elements of sparse arrays are created by demand');
    const count = type.create.length;
    if (count > 0)
      refuse(
        `the constructor of ${type.name} needs ${count} arguments, and gets none; insert the element, or give them defaults`,
      );
  }

  static isElement(proxy: EntryProxy): boolean {
    return proxy.#key !== undefined;
  }

  /** The collection, and the key of one element or nothing for all. */
  static targetOf(proxy: EntryProxy): { readonly collection: Collection; readonly key: Key | undefined } {
    return { collection: proxy.#collection, key: proxy.#key };
  }

  [writeHandle](writer: Writer): void {
    writer.u8(this.#key === undefined ? HandleKind.broadcast : HandleKind.element);
    writeTarget(writer, this.#collection, this.#key, this.#options);
  }

  toJSON(): string {
    return this.#collection.labelOf(this.#key);
  }

  override toString(): string {
    return `<proxy of ${this.toJSON()}>`;
  }

  [inspect](): string {
    return this.toString();
  }
}

type ProxyClass<P extends EntryProxy> = new (
  collection: Collection,
  key: Key | undefined,
  options: SendOptions | undefined,
) => P;

export interface ProxyClasses {
  readonly element: ProxyClass<EntryProxy>;
  readonly broadcast: ProxyClass<EntryProxy>;
}

/** Generates the proxy classes of a chare class. */
export function makeProxyClasses(table: EntryTable): ProxyClasses {
  class Element extends EntryProxy {}
  class Broadcast extends EntryProxy {}
  class AskView extends EntryProxy {}
  class CallbackView extends EntryProxy {}
  class CallView extends EntryProxy {}
  for (const entry of table.entries) {
    if (entry.options === undefined && entry.callKind === 'message')
      define(Element, entry.name, function (this: EntryProxy, ...args: unknown[]) {
        EntryProxy.tell(this, entry, args);
      });
    else
      define(Element, entry.name, function (this: EntryProxy, ...args: unknown[]) {
        EntryProxy.tellAs(this, entry, args);
      });
    define(CallView, entry.name, function (this: EntryProxy, ...args: unknown[]) {
      return EntryProxy.callHere(this, entry, args);
    });
    define(Broadcast, entry.name, function (this: EntryProxy, ...args: unknown[]) {
      EntryProxy.broadcast(this, entry, args);
    });
    define(AskView, entry.name, function (this: EntryProxy, ...args: unknown[]) {
      return EntryProxy.ask(this, entry, args);
    });
    defineGetter(CallbackView, entry.name, (proxy) => EntryProxy.callback(proxy, entry));
  }
  defineGetter(Element, 'ask', (proxy) => EntryProxy.as(proxy, AskView));
  defineGetter(Element, 'call', (proxy) => EntryProxy.as(proxy, CallView));
  for (const view of [Element, Broadcast]) {
    defineGetter(view, 'callback', (proxy) => EntryProxy.as(proxy, CallbackView));
    define(view, 'with', function (this: EntryProxy, options: SendOptions) {
      if (options.priority !== undefined) checkPriority(options.priority);
      if (options.create !== undefined) EntryProxy.checkDemand(this, options.create);
      if (options.aggregate !== undefined) checkAggregation(options.aggregate, `${this.toJSON()}.with: aggregate`);
      return EntryProxy.as(this, view, options);
    });
  }
  return { element: Element, broadcast: Broadcast };
}

function define<A extends unknown[]>(
  view: ProxyClass<EntryProxy>,
  name: string,
  value: (this: EntryProxy, ...args: A) => unknown,
): void {
  Object.defineProperty(view.prototype, name, { value, writable: true, configurable: true });
}

function defineGetter(view: ProxyClass<EntryProxy>, name: string, get: (proxy: EntryProxy) => unknown): void {
  Object.defineProperty(view.prototype, name, {
    get(this: EntryProxy) {
      return get(this);
    },
    configurable: true,
  });
}

/** What array and group proxies share. */
export abstract class CollectionProxy extends Handle {
  readonly #collection: Collection;

  constructor(collection: Collection) {
    super();
    this.#collection = collection;
  }

  static collectionOf(proxy: CollectionProxy): Collection {
    return proxy.#collection;
  }

  get all(): EntryProxy {
    return this.#collection.broadcastProxy;
  }

  get size(): number {
    return this.#collection.space.size;
  }

  at(index: unknown): EntryProxy {
    const collection = this.#collection;
    return collection.elementProxy(collection.space.toKey(index, collection.type.name));
  }

  section(indices: SectionIndices<unknown>): SectionProxyImpl {
    const collection = this.#collection;
    return makeSection(new Map([[collection, keysOf(collection, indices)]]), collection);
  }

  toJSON(): string {
    return this.#collection.labelOf(undefined);
  }

  override toString(): string {
    return `<proxy of ${this.toJSON()}>`;
  }

  [inspect](): string {
    return this.toString();
  }

  [writeHandle](writer: Writer): void {
    writer.u8(this.#collection.shape.isGroup ? HandleKind.group : HandleKind.array);
    writeCollection(writer, this.#collection);
  }
}

/** The collection of an array or group proxy. */
export function collectionOf(proxy: unknown): Collection | undefined {
  return proxy instanceof CollectionProxy ? CollectionProxy.collectionOf(proxy) : undefined;
}

export class ArrayProxyImpl extends CollectionProxy {
  get dims(): readonly number[] {
    return CollectionProxy.collectionOf(this).space.dims;
  }

  local(index: unknown): ChareBase | undefined {
    const collection = CollectionProxy.collectionOf(this);
    return collection.locals.get(collection.space.toKey(index, collection.type.name))?.chare;
  }

  /** The element that is bound to one that is here. */
  companionOf(element: ElementRecord): ChareBase {
    const collection = CollectionProxy.collectionOf(this);
    const own = element.collection;
    if (collection === own || !own.boundSet.collections.includes(collection))
      throw new UsageError(
        `${own.type.name} and ${collection.type.name} are not bound; create one of them with bindTo`,
      );
    const chare = collection.locals.get(element.key)?.chare;
    if (chare === undefined)
      throw new UsageError(`${element.label} has no companion ${collection.labelOf(element.key)}: it does not exist`);
    return chare;
  }

  /** What an array of this class and shape can be bound to. @throws UsageError if it can't. */
  leaderOf(type: ChareType, shape: Shape): Collection {
    const collection = CollectionProxy.collectionOf(this);
    const refuse = (why: string): never => {
      throw new UsageError(`${type.name} can't be bound to ${collection.type.name}: ${why}`);
    };
    const { kind, dims } = collection.shape;
    if (kind !== shape.kind) refuse('one has `size` and the other `indices`, or their index types differ');
    if (dims.join() !== shape.dims.join())
      refuse(`their sizes are [${shape.dims.join(', ')}] and [${dims.join(', ')}]`);
    if (type.indexCodec !== collection.type.indexCodec) refuse('their classes need the same indexCodec object');
    return collection;
  }

  insert(index: unknown, options: { readonly args?: readonly unknown[]; readonly onPe?: number } = {}): void {
    const collection = CollectionProxy.collectionOf(this);
    collection.insertion.insert(collection.space.toKey(index, collection.type.name), options.args ?? [], options.onPe);
  }

  doneInserting(): Promise<void> {
    return CollectionProxy.collectionOf(this).insertion.doneInserting();
  }
}

export class GroupProxyImpl extends CollectionProxy {
  local(): ChareBase {
    const collection = CollectionProxy.collectionOf(this);
    const branch = collection.branchHere();
    if (branch !== undefined) return branch;
    throw new UsageError(`${collection.type.name} has no branch on PE ${collection.pe.id}`);
  }
}
