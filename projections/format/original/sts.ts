/**
 * Reads `.sts`, the symbol table of a trace of Charm++ (versions 4 to 11). One record a line; values with spaces are
 * quoted since version 10. Names stand between numbers, so old unquoted names with spaces are found too.
 */
import { ProblemList, quoted, TraceError } from '../../errors.ts';
import type { CollectionInfo, EntryInfo, NamedId, RunInfo, TraceInfo } from '../../model/trace.ts';
import { formatVersion } from './record-types.ts';

export interface Sts {
  readonly info: TraceInfo;
  readonly version: number;
  /** Row of the entry table by the number in the logs. */
  readonly rowOfEntry: ReadonlyMap<number, number>;
  /** Hardware counters: that many numbers more in the records of executions. */
  readonly counters: number;
  /** What SMPMODE said, if it did: PEs of a node, nodes. */
  readonly smp: { readonly nodeSize: number; readonly nodes: number } | undefined;
  readonly problems: ProblemList;
}

const limits = { pes: 1_000_000, entries: 65_536, collections: 65_536, names: 100_000, nameLength: 10_000 } as const;

/** @throws TraceError if it is no symbol table, or one of a newer version. */
export function readSts(text: string, file: string): Sts {
  const reader = new StsReader(file);
  const lines = text.split('\n');
  for (const [i, line] of lines.entries()) if (!reader.line(line.trimEnd(), i + 1)) break;
  return reader.finish(lines.length);
}

class StsReader {
  readonly #file: string;
  readonly #problems = new ProblemList();
  readonly #run: { -readonly [K in keyof RunInfo]: RunInfo[K] } = {};
  readonly #collections: CollectionInfo[] = [];
  readonly #entries: EntryInfo[] = [];
  readonly #rowOfEntry = new Map<number, number>();
  readonly #userEvents: NamedId[] = [];
  readonly #userStats: NamedId[] = [];
  #version = 0;
  #counters = 0;
  #pes = 0;
  #smp: Sts['smp'];
  #hasEnd = false;
  #line = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** @returns whether to go on. */
  line(text: string, line: number): boolean {
    this.#line = line;
    const space = text.indexOf(' ');
    const word = space < 0 ? text : text.slice(0, space);
    const rest = space < 0 ? '' : text.slice(space + 1);
    if (word === 'END') {
      this.#hasEnd = true;
      return false;
    }
    const read = this.#records[word];
    if (read !== undefined) read(rest);
    else if (text !== '' && !ignored.has(word)) this.#note(`unknown record ${quoted(text)}`);
    return true;
  }

  readonly #records: Readonly<Record<string, (rest: string) => void>> = {
    VERSION: (rest) => this.#setVersion(rest),
    PROJECTIONS_ID: (rest) => this.#set('id', rest),
    MACHINE: (rest) => this.#set('machine', rest),
    USERNAME: (rest) => this.#set('user', rest),
    HOSTNAME: (rest) => this.#set('host', rest),
    COMMANDLINE: (rest) => this.#set('commandLine', rest),
    TIMESTAMP: (rest) => this.#set('startedAt', rest),
    CHARMVERSION: (rest) => this.#set('runtimeVersion', rest),
    PROCESSORS: (rest) => {
      this.#pes = this.#integer(rest, 1, limits.pes);
    },
    SMPMODE: (rest) => {
      const [nodeSize = '', nodes = ''] = rest.split(' ');
      this.#smp = { nodeSize: this.#integer(nodeSize, 1, limits.pes), nodes: this.#integer(nodes, 1, limits.pes) };
    },
    TOTAL_PAPI_EVENTS: (rest) => {
      this.#counters = this.#integer(rest, 0, 64);
    },
    CHARE: (rest) => this.#collection(rest),
    ENTRY: (rest) => this.#entry(rest),
    EVENT: (rest) => this.#named(this.#userEvents, rest),
    STAT: (rest) => this.#named(this.#userStats, rest),
  };

  finish(lines: number): Sts {
    this.#line = lines;
    if (this.#pes === 0)
      throw new TraceError(
        { file: this.#file },
        'has no PROCESSORS line: the run crashed before it ended, or this is no .sts file',
      );
    if (!this.#hasEnd) this.#note('ends without END; it may be cut');
    const info: TraceInfo = {
      run: this.#run,
      pes: this.#pes,
      nodeOf: this.#nodes(),
      collections: this.#collections,
      entries: this.#entries,
      userEvents: this.#userEvents,
      userStats: this.#userStats,
    };
    return {
      info,
      version: this.#version,
      rowOfEntry: this.#rowOfEntry,
      counters: this.#counters,
      smp: this.#smp,
      problems: this.#problems,
    };
  }

  /** Communication threads come as PEs behind all others, one a node. */
  #nodes(): number[] {
    const { nodeSize, nodes } = this.#smp ?? { nodeSize: 1, nodes: this.#pes };
    const workers = nodeSize * nodes;
    return Array.from({ length: this.#pes }, (_, pe) =>
      pe < workers ? Math.floor(pe / nodeSize) : (pe - workers) % nodes,
    );
  }

  #setVersion(rest: string): void {
    this.#version = Number(rest);
    if (this.#version > 0 && this.#version <= formatVersion) return;
    const problem = `this reads logs of versions up to ${formatVersion}, not ${quoted(rest)}`;
    throw new TraceError({ file: this.#file, line: this.#line }, problem);
  }

  #set(field: keyof RunInfo, rest: string): void {
    const value = unquote(rest);
    if (value !== '') this.#run[field] = value;
  }

  #collection(rest: string): void {
    // Tables of summaries have no version; dimensions came before the quotes.
    const hasDimensions = this.#version >= 9 || (this.#version === 0 && /" -?\d+$/.test(rest));
    const found = hasDimensions ? /^(\d+) (.*) (-?\d+)$/.exec(rest) : /^(\d+) (.*)()$/.exec(rest);
    if (found === null) return this.#note(`expected CHARE, number, name, dimensions; got ${quoted(rest)}`);
    const id = this.#integer(found[1]!, 0, limits.collections - 1);
    // Numbers are dense in all files there are; one that was left out gets a name all the same.
    while (this.#collections.length < id) this.#collections.push({ name: '(unknown)', dimensions: -1 });
    const dimensions = found[3] === '' ? -1 : this.#integer(found[3]!, -1, 6);
    this.#collections[id] = { name: this.#name(found[2]!), dimensions: dimensions === 0 ? -1 : dimensions };
  }

  #entry(rest: string): void {
    const found = /^\S+ (\d+) (.*) (-?\d+) (-?\d+)$/.exec(rest);
    if (found === null) return this.#note(`expected ENTRY, number, name, chare, message; got ${quoted(rest)}`);
    const id = this.#integer(found[1]!, 0, limits.entries - 1);
    if (this.#rowOfEntry.has(id)) return this.#note(`entry method ${id} is there twice; the first one counts`);
    const collection = Number(found[3]);
    this.#rowOfEntry.set(id, this.#entries.length);
    this.#entries.push({ id, name: this.#name(found[2]!), collection });
  }

  #named(list: NamedId[], rest: string): void {
    const found = /^(-?\d+) ?(.*)$/.exec(rest);
    if (found === null) return this.#note(`expected a number and a name, got ${quoted(rest)}`);
    if (list.length >= limits.names) return this.#note(`more than ${limits.names} names; the rest is left out`);
    list.push({ id: Number(found[1]), name: this.#name(found[2]!) });
  }

  #name(text: string): string {
    return unquote(text).slice(0, limits.nameLength);
  }

  #integer(text: string, min: number, max: number): number {
    const value = Number(text);
    if (/^-?\d+$/.test(text.trim()) && value >= min && value <= max) return value;
    const problem = `expected an integer from ${min} to ${max}, got ${quoted(text)}`;
    throw new TraceError({ file: this.#file, line: this.#line }, problem);
  }

  #note(problem: string): void {
    this.#problems.add({ file: this.#file, line: this.#line, problem });
  }
}

/** Lines that say nothing we need: counts, which the tables themselves say, and sizes of message types. */
const ignored = new Set([
  'TOTAL_PHASES',
  'PAPI_EVENT',
  'TOTAL_CHARES',
  'TOTAL_EPS',
  'TOTAL_MSGS',
  'TOTAL_PSEUDOS',
  'TOTAL_EVENTS',
  'TOTAL_STATS',
  'MESSAGE',
  'PSEUDO',
]);

function unquote(text: string): string {
  return /^".*"$/.test(text) ? text.slice(1, -1) : text;
}
