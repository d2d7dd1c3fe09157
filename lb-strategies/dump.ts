/**
 * Balancing steps in files: our own dump, and the `lb-cases` format that has the answers of Charm++ beside the step.
 *
 * A dump is JSON with one array a column, as the statistics themselves. Columns that hold the neutral value everywhere
 * are left out, memory that is not known is `null`. docs/lb-sim.md describes both formats. What is wrong with a file is
 * said with the JSON path where it is.
 */
import type { LbStatistics } from '../core/balance/strategy.ts';
import type { Quality } from './quality.ts';
import { type StatisticsParts, secondsPerByteDefault, secondsPerMessageDefault, statisticsFrom } from './statistics.ts';

export interface Dump {
  readonly name: string;
  readonly step: number;
  readonly statistics: LbStatistics;
  readonly secondsPerMessage: number;
  readonly secondsPerByte: number;
  /** Answers of Charm++ to this step, by strategy; empty in dumps of our own. */
  readonly charm: Readonly<Record<string, CharmAnswer>>;
}

export interface CharmAnswer extends Quality {
  readonly seconds: number;
}

export const dumpFormat = 'charm4ts-lb-dump';
export const dumpVersion = 1;

/** A file that is not a dump. The message names the JSON path. */
export class DumpError extends Error {
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.name = 'DumpError';
  }
}

/** Either format. @throws DumpError */
export function readDump(text: string): Dump {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DumpError('$', `not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const root = new Node(value, '$');
  return root.has('format') ? readOwn(root) : readCase(root);
}

function readOwn(root: Node): Dump {
  const format = root.field('format').text();
  if (format !== dumpFormat) throw new DumpError('$.format', `expected "${dumpFormat}", got "${format}"`);
  const version = root.field('version').count();
  if (version !== dumpVersion) {
    throw new DumpError('$.version', `this version of charm4ts reads dumps of version ${dumpVersion}, not ${version}`);
  }
  const pes = peColumns(root.field('pes'));
  const objects = objectColumns(root.field('objects'), pes.count);
  const edges = edgeColumns(root.field('edges'), objects.load.length);
  return {
    name: root.has('name') ? root.field('name').text() : 'dump',
    step: root.has('step') ? root.field('step').count() : 0,
    statistics: statisticsFrom({ objects, pes, edges }),
    secondsPerMessage: root.has('secondsPerMessage')
      ? root.field('secondsPerMessage').size()
      : secondsPerMessageDefault,
    secondsPerByte: root.has('secondsPerByte') ? root.field('secondsPerByte').size() : secondsPerByteDefault,
    charm: {},
  };
}

function objectColumns(node: Node, peCount: number): StatisticsParts['objects'] {
  const load = node.field('load').column((item) => item.size());
  const count = load.length;
  const column = (name: string, read: (item: Node) => number, length = count): number[] | undefined =>
    node.has(name) ? node.field(name).column(read, length) : undefined;
  const position = node.has('position') && node.field('position').items().length > 0;
  return withoutUndefined({
    load,
    pe: node.field('pe').column((item) => item.index(peCount), count),
    isMigratable: column('isMigratable', (item) => item.index(2)),
    bytes: column('bytes', (item) => item.size()),
    collection: column('collection', (item) => item.count()),
    position: position ? column('position', (item) => item.number(), 3 * count) : undefined,
  });
}

function peColumns(node: Node): StatisticsParts['pes'] {
  const count = node.field('count').count();
  if (count === 0) throw new DumpError(`${node.path}.count`, 'expected at least one PE');
  const column = (name: string, read: (item: Node) => number): number[] | undefined =>
    node.has(name) ? node.field(name).column(read, count) : undefined;
  return withoutUndefined({
    count,
    background: column('background', (item) => item.size()),
    idle: column('idle', (item) => item.size()),
    speed: column('speed', (item) => item.positive()),
    isAvailable: column('isAvailable', (item) => item.index(2)),
    node: column('node', (item) => item.count()),
    memoryFree: column('memoryFree', (item) => (item.isNull() ? Number.POSITIVE_INFINITY : item.size())),
  });
}

function edgeColumns(node: Node, objectCount: number): NonNullable<StatisticsParts['edges']> {
  const from = node.field('from').column((item) => item.index(objectCount));
  const column = (name: string, read: (item: Node) => number): number[] => node.field(name).column(read, from.length);
  return {
    from,
    to: column('to', (item) => item.index(objectCount)),
    messages: column('messages', (item) => item.size()),
    bytes: column('bytes', (item) => item.size()),
  };
}

function readCase(root: Node): Dump {
  const peCount = root.field('pes').count();
  if (peCount === 0) throw new DumpError('$.pes', 'expected at least one PE');
  const rows = root.field('objects').items();
  const edges = root.field('communication').items();
  const column = (nodes: readonly Node[], position: number, read: (item: Node) => number): number[] =>
    nodes.map((node) => read(node.item(position)));
  const object = (item: Node): number => item.index(rows.length);
  const statistics = statisticsFrom({
    objects: {
      load: column(rows, 0, (item) => item.size()),
      pe: column(rows, 1, (item) => item.index(peCount)),
      isMigratable: column(rows, 2, (item) => item.index(2)),
    },
    pes: { count: peCount },
    edges: {
      from: column(edges, 0, object),
      to: column(edges, 1, object),
      messages: column(edges, 2, (item) => item.size()),
      bytes: column(edges, 3, (item) => item.size()),
    },
  });
  const charm = root.has('charm') ? charmAnswers(root.field('charm')) : {};
  return {
    name: root.has('name') ? root.field('name').text() : 'case',
    step: 0,
    statistics,
    secondsPerMessage: secondsPerMessageDefault,
    secondsPerByte: secondsPerByteDefault,
    charm,
  };
}

function charmAnswers(node: Node): Record<string, CharmAnswer> {
  const answers: Record<string, CharmAnswer> = {};
  for (const name of node.names()) {
    const answer = node.field(name);
    answers[name] = {
      maxOverAvg: answer.field('maxOverAvg').size(),
      externalBytes: answer.field('externalBytes').size(),
      externalMessages: answer.field('externalMessages').size(),
      migrations: answer.field('migrations').count(),
      seconds: answer.field('seconds').size(),
    };
  }
  return answers;
}

/** Our own format, ready to be written. */
export function dumpText(dump: Omit<Dump, 'charm'>): string {
  const { name, step, secondsPerMessage, secondsPerByte, statistics } = dump;
  const { objects, pes, edges } = statistics;
  return JSON.stringify({
    format: dumpFormat,
    version: dumpVersion,
    name,
    step,
    secondsPerMessage,
    secondsPerByte,
    objects: {
      load: [...objects.load],
      pe: [...objects.pe],
      isMigratable: unlessAll(objects.isMigratable, 1),
      bytes: unlessAll(objects.bytes, 0),
      collection: unlessAll(objects.collection, 0),
      position: objects.position.length === 0 ? undefined : [...objects.position],
    },
    pes: {
      count: pes.count,
      background: unlessAll(pes.background, 0),
      idle: unlessAll(pes.idle, 0),
      speed: unlessAll(pes.speed, 1),
      isAvailable: unlessAll(pes.isAvailable, 1),
      node: unlessAll(pes.node, 0),
      // JSON has no Infinity: null says unknown.
      memoryFree: unlessAll(pes.memoryFree, Number.POSITIVE_INFINITY),
    },
    edges: { from: [...edges.from], to: [...edges.to], messages: [...edges.messages], bytes: [...edges.bytes] },
  });
}

function unlessAll(column: Float64Array | Int32Array | Uint8Array, neutral: number): number[] | undefined {
  const values = Array.from(column);
  return values.every((value) => value === neutral) ? undefined : values;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Optional columns that are not there are not there, rather than undefined. */
function withoutUndefined<T extends object>(parts: T): Defined<T> {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** A JSON value that knows its path, so that complaints can name it. Paths are put together only when asked for. */
class Node {
  readonly #value: unknown;
  readonly #parent: Node | undefined;
  readonly #key: string | number;

  constructor(value: unknown, key: string | number, parent?: Node) {
    this.#value = value;
    this.#parent = parent;
    this.#key = key;
  }

  get path(): string {
    if (this.#parent === undefined) return String(this.#key);
    return `${this.#parent.path}${typeof this.#key === 'number' ? `[${this.#key}]` : `.${this.#key}`}`;
  }

  has(name: string): boolean {
    return this.#object()[name] !== undefined;
  }

  names(): string[] {
    return Object.keys(this.#object());
  }

  field(name: string): Node {
    const value = this.#object()[name];
    if (value === undefined) throw new DumpError(`${this.path}.${name}`, 'is missing');
    return new Node(value, name, this);
  }

  items(): Node[] {
    return this.#array().map((value, position) => new Node(value, position, this));
  }

  item(position: number): Node {
    const value = this.#array()[position];
    if (value === undefined) throw new DumpError(`${this.path}[${position}]`, 'is missing');
    return new Node(value, position, this);
  }

  column(read: (item: Node) => number, length?: number): number[] {
    const array = this.#array();
    if (length !== undefined && array.length !== length) {
      throw new DumpError(this.path, `expected ${length} values, got ${array.length}`);
    }
    return array.map((value, position) => read(new Node(value, position, this)));
  }

  isNull(): boolean {
    return this.#value === null;
  }

  text(): string {
    if (typeof this.#value === 'string') return this.#value;
    throw this.#unexpected('a string');
  }

  number(): number {
    if (typeof this.#value === 'number' && Number.isFinite(this.#value)) return this.#value;
    throw this.#unexpected('a number');
  }

  /** A number that is not negative. */
  size(): number {
    const value = this.number();
    if (value >= 0) return value;
    throw this.#unexpected('0 or more');
  }

  positive(): number {
    const value = this.number();
    if (value > 0) return value;
    throw this.#unexpected('more than 0');
  }

  count(): number {
    const value = this.number();
    if (Number.isInteger(value) && value >= 0) return value;
    throw this.#unexpected('a whole number');
  }

  /** A whole number below `end`. */
  index(end: number): number {
    const value = this.number();
    if (Number.isInteger(value) && value >= 0 && value < end) return value;
    throw this.#unexpected(end === 2 ? '0 or 1' : `a whole number from 0 to ${end - 1}`);
  }

  #object(): Record<string, unknown> {
    if (typeof this.#value === 'object' && this.#value !== null && !Array.isArray(this.#value)) {
      return this.#value as Record<string, unknown>;
    }
    throw this.#unexpected('an object');
  }

  #array(): unknown[] {
    if (Array.isArray(this.#value)) return this.#value;
    throw this.#unexpected('an array');
  }

  #unexpected(expected: string): DumpError {
    const got = JSON.stringify(this.#value) ?? 'nothing';
    return new DumpError(this.path, `expected ${expected}, got ${got.length > 40 ? `${got.slice(0, 40)}...` : got}`);
  }
}
