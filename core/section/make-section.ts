/** Makes sections: of one collection, of parts of one, of several together. */
import { UsageError } from '../base/errors.ts';
import type { Collection } from '../chare/collection.ts';
import type { Key } from '../chare/index-space.ts';
import { collectionOf } from '../chare/proxy.ts';
import { countOf, type Roster } from './roster.ts';
import { keysOf, type SectionIndices } from './section-indices.ts';
import { SectionProxyImpl } from './section-proxy.ts';

const everything = (): boolean => true;

/** A section whose entries are those of `first`. */
export function makeSection(roster: Roster, first: Collection): SectionProxyImpl {
  const section = first.pe.collections.sections.create(roster);
  const isMixed = roster.size > 1;
  return new first.type.sectionProxy({
    section,
    collection: first,
    isMixed,
    memberCount: countOf(roster),
    options: undefined,
  });
}

function given(proxy: unknown, what: string): Collection {
  const collection = collectionOf(proxy);
  if (collection === undefined) throw new UsageError(`${what} needs the proxy of an array or group`);
  return collection;
}

/** `count` sections of an array or group; `partsOf` says in which an index is, without it they are blocks of neighbours. */
export function split(
  proxy: unknown,
  count: number,
  partsOf: ((index: unknown) => number | Iterable<number>) | undefined,
  indices: SectionIndices<unknown> = everything,
): SectionProxyImpl[] {
  const collection = given(proxy, 'charm.split');
  const { space, type } = collection;
  if (!Number.isInteger(count) || count < 1)
    throw new UsageError(`${type.name} can be split into 1 or more sections, not ${count}`);
  const keys = keysOf(collection, indices);
  const parts = Array.from({ length: count }, (): Key[] => []);
  for (const [i, key] of keys.entries()) {
    const where = partsOf === undefined ? Math.floor((i * count) / keys.length) : partsOf(space.toIndex(key));
    for (const part of typeof where === 'number' ? [where] : where) {
      const list = parts[part];
      if (list === undefined)
        throw new UsageError(`${collection.labelOf(key)} can't be in section ${part}; there are 0 to ${count - 1}`);
      list.push(key);
    }
  }
  return parts.map((part) => makeSection(new Map([[collection, part]]), collection));
}

/** One section of all members of sections, elements of arrays, and branches of groups. */
export async function combine(proxies: readonly unknown[]): Promise<SectionProxyImpl> {
  const members = new Map<Collection, Set<Key>>();
  let first: Collection | undefined;
  for (const proxy of proxies) {
    const isSection = proxy instanceof SectionProxyImpl;
    const collection = isSection ? SectionProxyImpl.targetOf(proxy).collection : given(proxy, 'charm.combine');
    first ??= collection;
    const roster = isSection
      ? await collection.pe.collections.sections.membersOf(SectionProxyImpl.targetOf(proxy).section)
      : new Map([[collection, keysOf(collection, everything)]]);
    for (const [of, keys] of roster) members.set(of, new Set([...(members.get(of) ?? []), ...keys]));
  }
  if (first === undefined) throw new UsageError('charm.combine needs at least one array, group or section');
  return makeSection(new Map(Array.from(members, ([of, keys]) => [of, [...keys]])), first);
}
