/** Opens a trace of Charm++: the symbol table, then the logs of all PEs, a few at a time. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ProblemList, TraceError } from '../../errors.ts';
import { assemble } from '../../model/assemble.ts';
import { rowsOf } from '../../model/columns.ts';
import { ElementInterner, joinElements, type PeElements } from '../../model/elements.ts';
import { linkMessages } from '../../model/links.ts';
import type { Trace } from '../../model/trace.ts';
import { readBytes } from '../bytes.ts';
import { inTurns, type ReadOptions } from '../options.ts';
import { LogReader } from './log-reader.ts';
import { LogScanner, type RecordHandler } from './log-scanner.ts';
import { readSts, type Sts } from './sts.ts';
import { filesOf, findRun, type PeFile } from './trace-files.ts';

/** How many files are open at a time: one is unpacked while another is read. */
const filesAtOnce = 3;

/** A trace of Charm++, with what only its files say. */
export interface OriginalTrace extends Trace {
  readonly version: number;
  /** Records by type, for each PE that is there. */
  readonly census: readonly { readonly pe: number; readonly records: number; readonly types: Uint32Array }[];
}

/**
 * @param path The directory, or the `.sts` file.
 * @throws TraceError if there is no run there, or it is too large.
 */
export async function readOriginal(path: string, options: ReadOptions = {}): Promise<OriginalTrace> {
  const files = await (path.endsWith('.sts') ? filesOf(path) : findRun(path));
  const sts = readSts(await readFile(files.sts, 'utf8'), basename(files.sts));
  const problems = sts.problems;
  const reading = new Reading(sts, problems, options);
  const logs = files.logs.filter(({ pe }) => pe < sts.info.pes && (options.pes?.has(pe) ?? true));
  if (logs.length === 0 && files.sums.length > 0)
    throw new TraceError(
      { file: path },
      'holds only a summary, which has no timeline: print it with --summary or --json',
    );
  if (logs.length === 0)
    throw new TraceError({ file: path }, `there are no logs of ${files.name} (NAME.<pe>.log or .log.gz)`);
  let done = 0;
  await inTurns(logs, filesAtOnce, async (file) => {
    await reading.log(file);
    options.onProgress?.(++done, logs.length);
  });
  noteMissing(files.name, sts, logs, options, problems);
  const parts = reading.pes.sort((a, b) => a.trace.pe - b.trace.pe);
  const elements = joinElements(parts);
  const pes = parts.map((part) => part.trace);
  const trace = {
    name: files.name,
    info: sts.info,
    pes,
    elements,
    problems: problems.problems,
  };
  if (options.linksMessages !== false) linkMessages(trace);
  return { ...trace, version: sts.version, census: reading.census.sort((a, b) => a.pe - b.pe) };
}

function noteMissing(
  name: string,
  { info }: Sts,
  logs: readonly PeFile[],
  { pes }: ReadOptions,
  problems: ProblemList,
): void {
  const present = new Set(logs.map(({ pe }) => pe));
  const missing = Array.from({ length: info.pes }, (_, pe) => pe).filter(
    (pe) => !present.has(pe) && (pes?.has(pe) ?? true),
  );
  if (missing.length === 0) return;
  const listed = missing.slice(0, 10).join(', ');
  const rest = missing.length > 10 ? ` and ${missing.length - 10} more` : '';
  problems.add({ file: name, problem: `there is no log of PE ${listed}${rest}` });
}

class Reading {
  readonly pes: PeElements[] = [];
  readonly census: { pe: number; records: number; types: Uint32Array }[] = [];
  readonly #sts: Sts;
  readonly #problems: ProblemList;
  readonly #recordsMax: number;
  #records = 0;

  constructor(sts: Sts, problems: ProblemList, { recordsMax = 200_000_000 }: ReadOptions) {
    this.#sts = sts;
    this.#problems = problems;
    this.#recordsMax = recordsMax;
  }

  async log({ pe, path }: PeFile): Promise<void> {
    const file = basename(path);
    const interner = new ElementInterner();
    const reader = new LogReader(file, this.#sts, interner, this.#problems);
    await scanLog(path, this.#problems, (record) => {
      if (++this.#records > this.#recordsMax)
        throw new TraceError(
          { file, line: record.line },
          `the trace has more than ${this.#recordsMax} records; read fewer PEs`,
        );
      return reader.read(record);
    });
    const sink = reader.finish();
    const { texts, ...elements } = interner.table();
    const entries = this.#sts.info.entries.length;
    const limits = { file, problems: this.#problems, entries, elements: rowsOf(elements) };
    this.pes.push({ trace: assemble(pe, sink, limits), elements, texts });
    this.census.push({ pe, records: reader.records, types: reader.types });
  }
}

/** All records of one log, as they stand in the file. */
export async function scanLog(path: string, problems: ProblemList, handle: RecordHandler): Promise<void> {
  const file = basename(path);
  const scanner = new LogScanner(file, problems, handle);
  const failure = await readBytes(path, (chunk) => {
    scanner.push(chunk);
    return !scanner.isDone;
  });
  scanner.end();
  if (failure !== undefined) problems.add({ file, line: scanner.record.line, problem: failure });
}
