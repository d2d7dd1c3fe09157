/**
 * The registry: what a program exports, numbered. Every PE builds it from the same module, so only numbers travel.
 *
 * Chare classes, reducers, placements and readonlies are found by identity among the exports, sorted by export
 * name. The table's description is compared between PEs when a job starts.
 */
import { resumeEntry } from '../balance/resume-entry.ts';
import { CharmError } from '../base/errors.ts';
import { channelEntries } from '../chare/channel-end.ts';
import { Chare, ChareBase } from '../chare/chare.ts';
import { callInScope, settleEntry } from '../chare/element-frames.ts';
import type { IndexCodec } from '../chare/index-space.ts';
import { Placement } from '../chare/placement.ts';
import { makeProxyClasses, type ProxyClasses } from '../chare/proxy.ts';
import { Readonly } from '../chare/readonly.ts';
import { makeTimerView, type TimerView } from '../chare/timer.ts';
import { makeWhenView, type WhenView } from '../chare/when.ts';
import { CustomReducer } from '../collective/reducers.ts';
import type { ProgramFunction, TaskFunction } from '../pool/functions.ts';
import { ownPrivateName } from '../pup/private-names.ts';
import type { ClassTable } from '../pup/value-codec.ts';
import { packedClasses } from '../resumable/packed-classes.ts';
import { makeSectionProxy, type SectionProxyClass } from '../section/section-proxy.ts';
import { type EntryMethod, EntryTable } from './entry-table.ts';

export type ChareClass = new (...args: never[]) => ChareBase;

/** A chare class of the program. */
export interface ChareType {
  readonly id: number;
  readonly name: string;
  readonly create: new (...args: readonly unknown[]) => ChareBase;
  readonly table: EntryTable;
  readonly proxies: ProxyClasses;
  readonly sectionProxy: SectionProxyClass;
  readonly whenView: WhenView;
  readonly timerView: TimerView;
  readonly indexCodec: IndexCodec<unknown> | undefined;
  /** A # field or method, if the class has one: such a chare can't be packed field by field. */
  readonly privateField: string | undefined;
  /** Its async entry methods move along. */
  readonly isResumable: boolean;
}

/** The exports of a program module. */
export type ProgramModule = { readonly [name: string]: unknown };

export class Registry {
  readonly types: readonly ChareType[];
  readonly #typeOf = new Map<unknown, ChareType>();
  readonly #names = new Map<unknown, string>();
  readonly #reducers = new Map<string, CustomReducer>();
  readonly #placements = new Map<string, Placement<unknown>>();
  readonly #functions = new Map<string, ProgramFunction>();
  /** Value classes: exported classes that are not chares. */
  readonly #prototypes: object[] = [];
  readonly #prototypeNumbers = new Map<object, number>();
  readonly classes: ClassTable;

  constructor(program: ProgramModule) {
    const types: ChareType[] = [];
    for (const runtimeClass of packedClasses) this.#addValueClass(runtimeClass);
    for (const name of Object.keys(program).sort()) {
      const value = program[name];
      if (this.#names.has(value)) continue;
      if (isChareClass(value)) types.push(this.#addClass(types.length, name === 'default' ? value.name : name, value));
      else if (value instanceof CustomReducer) this.#reducers.set(name, value);
      else if (value instanceof Placement) this.#placements.set(name, value as Placement<unknown>);
      else if (isClass(value)) this.#addValueClass(value);
      else if (typeof value === 'function') this.#functions.set(name, value as ProgramFunction);
      else if (!(value instanceof Readonly)) continue;
      this.#names.set(value, name);
    }
    this.types = types;
    this.classes = {
      numberOf: (prototype) => this.#prototypeNumbers.get(prototype) ?? -1,
      prototypeOf: (number) => this.#prototypeOf(number),
    };
  }

  #addValueClass(value: { readonly prototype: object }): void {
    this.#prototypeNumbers.set(value.prototype, this.#prototypes.length);
    this.#prototypes.push(value.prototype);
  }

  #prototypeOf(number: number): object {
    const prototype = this.#prototypes[number];
    if (prototype === undefined)
      throw new CharmError('ERR_DECODE', `there is no value class ${number}; do all PEs load the same program?`);
    return prototype;
  }

  #addClass(id: number, name: string, value: ChareClass): ChareType {
    const isResumable = isResumableClass(value);
    const wrap = isResumable ? inScope : undefined;
    const table = new EntryTable(
      name,
      value.prototype,
      Chare.prototype,
      [...channelEntries, resumeEntry, settleEntry],
      wrap,
    );
    const codec = (value as { indexCodec?: IndexCodec<unknown> }).indexCodec;
    const create = value as unknown as ChareType['create'];
    const type = {
      id,
      name,
      create,
      table,
      proxies: makeProxyClasses(table),
      sectionProxy: makeSectionProxy(table),
      whenView: makeWhenView(table),
      timerView: makeTimerView(table),
      indexCodec: codec,
      privateField: privateFieldOf(value),
      isResumable,
    };
    this.#typeOf.set(value, type);
    return type;
  }

  /** @throws CharmError ERR_NOT_EXPORTED for a class that the program does not export. */
  typeOf(chareClass: { readonly name: string }): ChareType {
    const type = this.#typeOf.get(chareClass);
    if (type !== undefined) return type;
    const isChare = isChareClass(chareClass);
    throw isChare ? notExported('class', chareClass.name, 'class') : notAChare(chareClass);
  }

  /** Name under which a reducer, placement or readonly is exported. */
  nameOf(value: object, kind: string, hint: string): string {
    const name = this.#names.get(value);
    if (name !== undefined) return name;
    throw notExported(kind, hint, 'const');
  }

  reducer(name: string): CustomReducer {
    const found = this.#reducers.get(name);
    if (found === undefined) throw notExported('reducer', name, 'const');
    return found;
  }

  /** Name of a function that other PEs can run. @throws CharmError unless it is one, and exported. */
  functionName(fn: unknown): string {
    if (typeof fn !== 'function')
      throw new CharmError('ERR_USAGE', `an exported function is wanted, not ${String(fn)}`);
    return this.nameOf(fn, 'function', fn.name === '' ? '(without a name)' : fn.name);
  }

  functionNamed(name: string): TaskFunction<unknown, unknown> {
    const found = this.#functions.get(name);
    if (found === undefined) throw notExported('function', name, 'function');
    return found as unknown as TaskFunction<unknown, unknown>;
  }

  placement(name: string): Placement<unknown> {
    const found = this.#placements.get(name);
    if (found === undefined) throw notExported('placement', name, 'const');
    return found;
  }

  /** One line per class (with its entries), reducer and placement: equal on all PEs of a job. */
  describe(): string[] {
    const classes = this.types.map((t) => `class ${t.name}: ${t.table.entries.map((e) => e.name).join(' ')}`);
    const reducers = [...this.#reducers.keys()].map((name) => `reducer ${name}`);
    const functions = [...this.#functions.keys()].map((name) => `function ${name}`);
    return [...classes, ...functions, ...reducers, ...[...this.#placements.keys()].map((name) => `placement ${name}`)];
  }
}

export function isChareClass(value: unknown): value is ChareClass {
  return typeof value === 'function' && value.prototype instanceof ChareBase;
}

/** `static readonly resumable = true`, or `'where possible'`. */
function isResumableClass(value: ChareClass): boolean {
  const wish = (value as { resumable?: unknown }).resumable;
  return wish !== undefined && wish !== false;
}

/** An entry method that runs in the scope of its element. */
function inScope(run: EntryMethod['run']): EntryMethod['run'] {
  return function (this: object, ...args) {
    return callInScope(this, run, args);
  };
}

/** A # name of the program's own classes; the runtime's base classes use them too, and do not count. */
function privateFieldOf(value: ChareClass): string | undefined {
  for (let c: unknown = value; typeof c === 'function' && c !== Chare; c = Object.getPrototypeOf(c)) {
    const own = ownPrivateName(c);
    if (own !== undefined) return own;
  }
  return undefined;
}

/** A class declaration, as opposed to a function. */
function isClass(value: unknown): value is { readonly prototype: object } {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

function notExported(kind: string, name: string, keyword: string): CharmError {
  return new CharmError(
    'ERR_NOT_EXPORTED',
    `${kind} ${name} is not exported by the program module, so other PEs can't find it; write \`export ${keyword} ${name}\``,
  );
}

function notAChare(value: { readonly name: string }): CharmError {
  return new CharmError('ERR_USAGE', `${value?.name ?? String(value)} does not extend Chare`);
}
