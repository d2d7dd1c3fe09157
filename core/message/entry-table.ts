/**
 * The entry methods of a chare class: what may be called from another PE, by number.
 *
 * Entries are the methods of the class and its ancestors up to `Chare`, without the constructor, accessors,
 * names starting with `_`, `then`, `toJSON`, what every object has (`toString`), and the hooks of migration and balancing. Ids are positions in a table sorted by name, so every PE that
 * loads the same class has the same table; only ids travel.
 */
import { CharmError, UsageError } from '../base/errors.ts';
import { attributesOf, type CheckedAttributes, plainAttributes } from './entry-attributes.ts';

/** An entry method. `run` is the function itself; it is called with the chare as `this`. */
export interface EntryMethod extends CheckedAttributes {
  readonly id: number;
  readonly name: string;
  /** Small number for tables by entry: arrays with numbers like those of the runtime's entries are slow. */
  readonly slot: number;
  readonly run: (this: object, ...args: unknown[]) => unknown;
}

/** Names that proxies use themselves; an entry method may not have them. */
const reserved = new Set(['ask', 'call', 'callback', 'with', 'memberCount', 'regroup']);
/** Hooks that the runtime calls; they are no entries. */
const hooks = ['aboutToMigrate', 'justMigrated', 'pack', 'unpack', 'resumeFromSync'];
const skipped = new Set(['constructor', 'then', 'toJSON', ...hooks]);

/** From here on ids mean entry methods of the runtime, which every class has. */
export const firstSystemId = 0xff00;
const systemEntriesMax = 4;

/** An entry method of the runtime: it gets the chare as `this`, like any other. */
export function systemEntry(number: number, name: string, run: EntryMethod['run']): EntryMethod {
  return { id: firstSystemId + number, name, slot: number, run, ...plainAttributes };
}

export class EntryTable {
  readonly className: string;
  readonly entries: readonly EntryMethod[];
  readonly #byName: ReadonlyMap<string, EntryMethod>;
  /** Those of the runtime, by number. */
  readonly system: readonly EntryMethod[];

  constructor(
    className: string,
    prototype: object,
    base: object,
    system: readonly EntryMethod[] = [],
    wrap: (run: EntryMethod['run']) => EntryMethod['run'] = (run) => run,
  ) {
    this.className = className;
    this.system = system;
    const methods = new Map<string, EntryMethod['run']>();
    for (let p = prototype; p !== base && p !== null && p !== Object.prototype; p = Object.getPrototypeOf(p)) {
      for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(p))) {
        const isEntry =
          typeof value === 'function' && !name.startsWith('_') && !skipped.has(name) && !(name in Object.prototype);
        if (isEntry && !methods.has(name)) methods.set(name, value);
      }
    }
    for (const name of methods.keys()) {
      if (reserved.has(name) || name in base) {
        throw new UsageError(`${className}.${name}: the name is taken by the runtime; rename the method`);
      }
    }
    const names = [...methods.keys()].sort();
    const attributes = attributesOf(className, prototype, base, (name) => methods.has(name));
    this.entries = names.map((name, id) => ({
      id,
      name,
      slot: id + systemEntriesMax,
      run: wrap(methods.get(name)!),
      ...(attributes.get(name) ?? plainAttributes),
    }));
    this.#byName = new Map(this.entries.map((entry) => [entry.name, entry]));
  }

  /** @throws CharmError ERR_UNKNOWN_ENTRY for a number that a peer must not have sent. */
  byId(id: number): EntryMethod {
    const entry = this.entries[id] ?? this.system[id - firstSystemId];
    if (entry === undefined) {
      throw new CharmError(
        'ERR_UNKNOWN_ENTRY',
        `${this.className} has no entry method ${id}; it has ${this.entries.length}. Do all PEs load the same program?`,
      );
    }
    return entry;
  }

  byName(name: string): EntryMethod | undefined {
    return this.#byName.get(name);
  }
}
