/** Proxies of sections: the runtime side. One class is generated for each chare class, with a method for each entry. */
import { UsageError } from '../base/errors.ts';
import type { Collection } from '../chare/collection.ts';
import { refuseMessage } from '../chare/direct-call.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import { Callback } from '../message/callback.ts';
import { mergedOptions } from '../message/entry-attributes.ts';
import type { EntryMethod, EntryTable } from '../message/entry-table.ts';
import { HandleKind, readCollection, readOptions, writeCollection, writeOptions } from '../message/handle-kinds.ts';
import type { Pe } from '../pe/pe.ts';
import { checkPriority } from '../pe/priority.ts';
import type { Reader } from '../pup/reader.ts';
import { Handle, writeHandle } from '../pup/value-codec.ts';
import type { Writer } from '../pup/writer.ts';
import { keysOf, type SectionIndices } from './section-indices.ts';

const inspect = Symbol.for('nodejs.util.inspect.custom');

/** Which section a proxy means. */
export interface SectionTarget {
  readonly section: number;
  /** Of its first members; in its class stand the entries. */
  readonly collection: Collection;
  /** Members of other collections are in it. */
  readonly isMixed: boolean;
  readonly memberCount: number;
  readonly options: SendOptions | undefined;
}

export type SectionProxyClass = new (target: SectionTarget) => SectionProxyImpl;

export class SectionProxyImpl extends Handle {
  readonly #target: SectionTarget;

  constructor(target: SectionTarget) {
    super();
    this.#target = target;
  }

  static targetOf(proxy: SectionProxyImpl): SectionTarget {
    return proxy.#target;
  }

  static multicast({ section, collection, options }: SectionTarget, entry: EntryMethod, args: unknown[]): void {
    if (entry.callKind === 'local') refuseMessage(collection, undefined, entry);
    const merged = entry.options === undefined ? options : rankOf(mergedOptions(entry.options, options));
    collection.pe.collections.sections.multicast(section, collection, entry, args, merged);
  }

  get memberCount(): number {
    return this.#target.memberCount;
  }

  regroup(indices: SectionIndices<unknown>): Promise<void> {
    const { section, collection, isMixed } = this.#target;
    if (isMixed)
      throw new UsageError('a section of several arrays gets no new members; make a new one with charm.combine');
    const { sections } = collection.pe.collections;
    return sections.regroup(section, new Map([[collection, keysOf(collection, indices)]]));
  }

  toJSON(): string {
    return `section ${this.#target.section} of ${this.#target.collection.type.name}`;
  }

  override toString(): string {
    return `<proxy of ${this.toJSON()}>`;
  }

  [inspect](): string {
    return this.toString();
  }

  [writeHandle](writer: Writer): void {
    writer.u8(HandleKind.section);
    writeTarget(writer, this.#target);
  }
}

/** A multicast creates nothing, and is one message to a PE anyhow. */
function rankOf({ create: _, aggregate: __, ...rank }: SendOptions): SendOptions {
  return rank;
}

/** Calls an entry method of all members. */
export class SectionCallback extends Callback<unknown> {
  readonly #target: SectionTarget;
  readonly #entry: EntryMethod;

  constructor(target: SectionTarget, entry: EntryMethod) {
    super();
    this.#target = target;
    this.#entry = entry;
  }

  send(value: unknown): void {
    SectionProxyImpl.multicast(this.#target, this.#entry, [value]);
  }

  [writeHandle](writer: Writer): void {
    writer.u8(HandleKind.sectionCallback);
    writeTarget(writer, this.#target);
    writer.u32(this.#entry.id);
  }
}

function writeTarget(writer: Writer, { section, collection, isMixed, memberCount, options }: SectionTarget): void {
  writer.f64(section);
  writer.u8(isMixed ? 1 : 0);
  writer.f64(memberCount);
  writeCollection(writer, collection);
  writeOptions(writer, options);
}

function readTarget(reader: Reader, pe: Pe): SectionTarget {
  const section = reader.f64();
  const isMixed = reader.u8() === 1;
  const memberCount = reader.f64();
  return { section, isMixed, memberCount, collection: readCollection(reader, pe), options: readOptions(reader) };
}

export function readSectionProxy(reader: Reader, pe: Pe): SectionProxyImpl {
  const target = readTarget(reader, pe);
  return new target.collection.type.sectionProxy(target);
}

export function readSectionCallback(reader: Reader, pe: Pe): SectionCallback {
  const target = readTarget(reader, pe);
  return new SectionCallback(target, target.collection.type.table.byId(reader.u32()));
}

/** Generates the proxy class of a chare class. */
export function makeSectionProxy(table: EntryTable): SectionProxyClass {
  class Section extends SectionProxyImpl {}
  const callbacks: PropertyDescriptorMap = {};
  for (const entry of table.entries) {
    const value = function (this: SectionProxyImpl, ...args: unknown[]): void {
      SectionProxyImpl.multicast(SectionProxyImpl.targetOf(this), entry, args);
    };
    Object.defineProperty(Section.prototype, entry.name, { value, writable: true, configurable: true });
    callbacks[entry.name] = {
      get(this: { readonly target: SectionTarget }) {
        return new SectionCallback(this.target, entry);
      },
    };
  }
  const callbackPrototype = Object.create(null, callbacks) as object;
  Object.defineProperty(Section.prototype, 'callback', {
    get(this: SectionProxyImpl) {
      return Object.create(callbackPrototype, { target: { value: SectionProxyImpl.targetOf(this) } });
    },
  });
  Object.defineProperty(Section.prototype, 'with', {
    value(this: SectionProxyImpl, options: SendOptions) {
      if (options.priority !== undefined) checkPriority(options.priority);
      if (options.create !== undefined) throw new UsageError('a multicast creates nothing');
      return new Section({ ...SectionProxyImpl.targetOf(this), options });
    },
  });
  return Section;
}
