/**
 * Opens a trace of our own: the head, then the files of all PEs. What needs all of them (one number for an element, what
 * executions learn from the sends of other PEs) comes last, so that several threads can read the files.
 */
import { open, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ProblemList, TraceError } from '../../errors.ts';
import { assemble } from '../../model/assemble.ts';
import { type Columns, concat, rowsOf } from '../../model/columns.ts';
import { complete, type RecordedPe } from '../../model/complete.ts';
import { joinElements, type PeElements } from '../../model/elements.ts';
import { LogPlayer } from '../../model/log.ts';
import { joinNames, type NamedPe } from '../../model/names.ts';
import { type ChunkSink, MemorySink, type NameDefinition, Recorder } from '../../model/recorder.ts';
import type { Schemas, TableName } from '../../model/schema.ts';
import type { PeTrace, Trace, TraceInfo } from '../../model/trace.ts';
import { inTurns, type ReadOptions } from '../options.ts';
import { type ChunkHead, decodeColumns, decodeHead } from './chunks.ts';
import { readHead } from './head.ts';
import {
  checksum,
  chunkHeadBytes,
  endTable,
  fileHeadBytes,
  fileMagic,
  headSuffix,
  isRecordedFlag,
  logTable,
  namesTable,
  payloadBytes,
  peFileName,
  schemaOf,
  tableOf,
  textsTable,
  traceVersion,
} from './layout.ts';

const filesAtOnce = 4;

/**
 * @param path The directory, or the head `NAME.trace.json`.
 * @throws TraceError if there is no trace, or its head cannot be read. Damage in the files of PEs is a problem of the
 * trace, not an error.
 */
export async function readOwn(path: string, options: ReadOptions = {}): Promise<Trace> {
  return joinOwn([await readOwnFiles(path, options)]);
}

/** Files that have been read, each for itself. */
export interface OwnFiles extends Pick<Trace, 'name' | 'info' | 'problems'> {
  readonly pes: readonly PeRead[];
}

/** @throws as `readOwn`. */
export async function readOwnFiles(path: string, options: ReadOptions = {}): Promise<OwnFiles> {
  const head = path.endsWith(headSuffix) ? path : await findHead(path);
  const name = basename(head, headSuffix);
  const info = readHead(await readFile(head, 'utf8'), basename(head));
  const problems = new ProblemList();
  const wanted = Array.from({ length: info.pes }, (_, pe) => pe).filter((pe) => options.pes?.has(pe) ?? true);
  const pes: PeRead[] = [];
  let done = 0;
  await inTurns(wanted, filesAtOnce, async (pe) => {
    const file = peFileName(name, pe);
    const bytes = await readAligned(join(dirname(head), file));
    if (bytes === undefined) problems.add({ file, problem: 'is missing' });
    else pes.push(peOf(pe, file, bytes, info, problems));
    options.onProgress?.(++done, wanted.length);
  });
  return { name, info, pes, problems: problems.problems };
}

/** Files of one trace. Changes them. */
export function joinOwn(parts: readonly OwnFiles[]): Trace {
  const { name, info } = parts[0]!;
  const pes = parts.flatMap((part) => part.pes).sort((a, b) => a.trace.pe - b.trace.pe);
  const elements = joinElements(pes);
  const named = joinNames(info, pes);
  const completed = new Map<number, PeTrace>();
  for (const trace of complete(pes.filter(({ isRecorded }) => isRecorded))) completed.set(trace.pe, trace);
  return {
    name,
    info: named,
    pes: pes.map(({ trace }) => completed.get(trace.pe) ?? trace),
    elements,
    problems: parts.flatMap((part) => part.problems),
  };
}

/** A file of a PE, in its own numbers. */
export interface PeRead extends PeElements, NamedPe, RecordedPe {
  readonly isRecorded: boolean;
}

async function findHead(directory: string): Promise<string> {
  const heads = (await readdir(directory)).filter((name) => name.endsWith(headSuffix));
  const [head, ...others] = heads;
  if (head === undefined) throw new TraceError({ file: directory }, `has no *${headSuffix}`);
  if (others.length > 0)
    throw new TraceError({ file: directory }, `holds several traces: ${heads.join(', ')}; give the name of one`);
  return join(directory, head);
}

/** In memory of its own, where columns may lie at their natural places. */
async function readAligned(path: string): Promise<ArrayBuffer | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    let done = 0;
    while (done < size) {
      const { bytesRead } = await file.read(bytes, done, size - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.buffer;
  } finally {
    await file.close();
  }
}

function peOf(pe: number, file: string, bytes: ArrayBuffer, info: TraceInfo, problems: ProblemList): PeRead {
  const sink = decodeFile(bytes, file, pe, problems);
  const elements = concat(schemaOf('elements'), sink.chunks.elements);
  const limits = { file, problems, entries: info.entries.length, elements: rowsOf(elements) };
  const isRecorded = bytes.byteLength >= fileHeadBytes && (new Uint32Array(bytes, 12, 1)[0]! & isRecordedFlag) !== 0;
  const arrivals = concat(schemaOf('arrivals'), sink.chunks.arrivals);
  return { trace: assemble(pe, sink, limits), elements, arrivals, isRecorded, texts: sink.texts, names: sink.names };
}

/** All chunks up to the first that is damaged. */
export function decodeFile(file: ArrayBuffer, name: string, pe: number, problems: ProblemList): MemorySink {
  const sink = new MemorySink();
  const stop = (offset: number, problem: string): MemorySink => {
    problems.add({ file: name, offset, problem });
    return sink;
  };
  if (file.byteLength < fileHeadBytes) return stop(0, 'is cut in its first bytes');
  const [magic, version, ownPe] = new Uint32Array(file, 0, 3);
  if (magic !== fileMagic) return stop(0, 'is no file of a trace');
  if (version !== traceVersion) return stop(4, `this reads version ${traceVersion}, not ${version}`);
  if (ownPe !== pe) return stop(8, `is the file of PE ${ownPe}`);
  const log = new LogReader(pe, sink);
  try {
    return readChunks(sink, log, file, stop);
  } finally {
    log.finish();
  }
}

/** Plays logs into the tables. */
class LogReader {
  readonly #recorder: Recorder;
  readonly #player: LogPlayer;

  constructor(pe: number, sink: MemorySink) {
    const tables: ChunkSink = {
      take: (table, columns, rows) => sink.take(table, columns, rows),
      takeTexts: (texts) => sink.takeTexts(texts),
      takeNames: (names) => sink.takeNames(names),
      // Whether the PE came to its end is said by the file.
      finish: () => undefined,
    };
    this.#recorder = new Recorder({ sink: tables, begin: 0 });
    this.#player = new LogPlayer(pe, this.#recorder);
  }

  play(words: Uint32Array): string | undefined {
    return this.#player.play(words);
  }

  /** What is open stays open. */
  finish(): void {
    this.#recorder.finish(this.#player.time);
  }
}

function readChunks(
  sink: MemorySink,
  log: LogReader,
  file: ArrayBuffer,
  stop: (offset: number, problem: string) => MemorySink,
): MemorySink {
  let offset = fileHeadBytes;
  while (offset < file.byteLength) {
    const head = decodeHead(file, offset);
    if (head === undefined)
      return stop(offset, `cut or damaged; the ${file.byteLength - offset} bytes from here are not read`);
    const problem = readChunk(sink, log, file, offset + chunkHeadBytes, head);
    if (problem !== undefined) return stop(offset, `${problem}; nothing is read from here`);
    offset += chunkHeadBytes + head.bytes;
  }
  if (!sink.isFinished) return stop(offset, 'has no end: the run crashed, or is still going');
  return sink;
}

/** @returns what is wrong, if something is. */
function readChunk(
  sink: MemorySink,
  log: LogReader,
  file: ArrayBuffer,
  offset: number,
  { table, rows, bytes, checksum: sum }: ChunkHead,
): string | undefined {
  if (offset + bytes > file.byteLength) return 'a chunk is cut';
  const payload = new Uint8Array(file, offset, bytes);
  if (checksum(payload) !== sum) return 'a chunk is damaged (wrong checksum)';
  if (table === endTable) {
    const [begin, end] = new Float64Array(file, offset, 2);
    sink.finish(begin!, end!);
    return undefined;
  }
  if (table === logTable)
    return rows * 4 > bytes
      ? `a log of ${rows} words in ${bytes} bytes`
      : log.play(new Uint32Array(file, offset, rows));
  if (table === textsTable) return readTexts(sink, payload);
  if (table === namesTable) return readNames(sink, payload);
  const name = tableOf(table);
  if (name === undefined) return `there is no table ${table}`;
  if (payloadBytes(schemaOf(name), rows) !== bytes) return `${rows} rows of ${name} do not have ${bytes} bytes`;
  addChunk(sink, name, decodeColumns(name, file, offset, rows));
  return undefined;
}

function addChunk<K extends TableName>(sink: MemorySink, table: K, columns: Columns<Schemas[K]>): void {
  const chunks: Columns<Schemas[K]>[] = sink.chunks[table];
  chunks.push(columns);
}

function readTexts(sink: MemorySink, payload: Uint8Array): string | undefined {
  try {
    const texts: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (!Array.isArray(texts)) return 'texts are no array';
    for (const text of texts) sink.texts.push(String(text));
    return undefined;
  } catch {
    return 'texts are no JSON';
  }
}

function readNames(sink: MemorySink, payload: Uint8Array): string | undefined {
  try {
    const names: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (!Array.isArray(names)) return 'names are no array';
    sink.takeNames(names.filter(isName));
    return undefined;
  } catch {
    return 'names are no JSON';
  }
}

function isName(value: unknown): value is NameDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, id, name, dimensions } = value as Record<string, unknown>;
  if (!Number.isInteger(id)) return false;
  if (kind === 'dimensions')
    return Number.isInteger(dimensions) && (dimensions as number) >= -1 && (dimensions as number) <= 6;
  return (kind === 'event' || kind === 'stat') && typeof name === 'string';
}
