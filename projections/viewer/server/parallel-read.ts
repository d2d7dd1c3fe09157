/**
 * Reads a large trace with several threads: each reads some of the PEs and builds their pyramids, and hands the memory over
 * without a copy. Elements are numbered anew when all have come.
 *
 * Small traces are read here: a thread takes 50 ms to start.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { openTrace } from '../../format/open.ts';
import { joinOwn, type OwnFiles } from '../../format/own/read.ts';
import { ElementInterner } from '../../model/elements.ts';
import { linkMessages } from '../../model/links.ts';
import { Pyramid } from '../../model/pyramid.ts';
import { none } from '../../model/schema.ts';
import type { Trace } from '../../model/trace.ts';
import { type PackedPyramids, unpackPyramids } from '../prepared.ts';
import { assetFolder } from './assets.ts';

export interface ReadTask {
  readonly path: string;
  readonly pes: readonly number[];
}

/** What a thread says: files that it has read, and at the end everything. */
export type ReadReply =
  | { readonly done: number }
  | { readonly trace: Trace; readonly pyramids: PackedPyramids }
  | { readonly own: OwnFiles; readonly pyramids: PackedPyramids }
  | { readonly error: string };

export interface ReadTrace {
  readonly trace: Trace;
  readonly pyramids: readonly Pyramid[];
}

/** What a thread has read. */
type Part = Exclude<ReadReply, { readonly done: number } | { readonly error: string }>;

type OnProgress = (done: number, files: number) => void;

const threadsMax = 8;
/** Bytes of a trace below which threads do not pay. */
const parallelBytesMin = 8 << 20;

/** @param files How many PEs there may be, and how large the trace is. */
export async function readParallel(
  path: string,
  files: { readonly pes: readonly number[]; readonly bytes: number },
  onProgress: OnProgress,
  bytesMin = parallelBytesMin,
): Promise<ReadTrace> {
  const threads = Math.min(threadsMax, Math.max(2, availableParallelism()), files.pes.length);
  const worker = join(dirname(assetFolder()), 'projections/viewer/server/read-worker.js');
  if (threads < 2 || files.bytes < bytesMin || !existsSync(worker)) {
    const trace = await openTrace(path, { onProgress });
    return { trace, pyramids: trace.pes.map((pe) => new Pyramid(pe)) };
  }
  let done = 0;
  const tell = (): void => onProgress(++done, files.pes.length);
  // In turns, since logs of neighbours are of about the same length.
  const shares = Array.from({ length: threads }, (_, i) => files.pes.filter((_pe, at) => at % threads === i));
  const parts = await Promise.all(shares.map((pes) => readShare(worker, { path, pes }, tell)));
  return joined(parts);
}

function readShare(worker: string, workerData: ReadTask, onFile: () => void): Promise<Part> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(pathToFileURL(worker), { workerData });
    thread.on('error', reject);
    thread.on('exit', () => reject(new Error(`${workerData.path}: a thread that read it ended early`)));
    thread.on('message', (reply: ReadReply) => {
      if ('done' in reply) onFile();
      else if ('error' in reply) reject(new Error(reply.error));
      else resolve(reply);
    });
  });
}

function joined(parts: readonly Part[]): ReadTrace {
  const own = parts.flatMap((part) => ('own' in part ? [part.own] : []));
  const trace =
    own.length > 0 ? joinOwn(own) : joinedTraces(parts.flatMap((part) => ('trace' in part ? [part.trace] : [])));
  const tables = new Map(trace.pes.map((pe) => [pe.pe, pe]));
  const pyramids = parts
    .flatMap((part) => unpackPyramids(part.pyramids))
    .map(({ pe, levels }) => new Pyramid(tables.get(pe.pe) ?? pe, levels));
  return { trace, pyramids };
}

function joinedTraces(parts: readonly Trace[]): Trace {
  const interner = new ElementInterner();
  for (const { pes, elements } of parts) {
    const numbers = interner.internAll(elements, elements.texts);
    for (const { executions, sends, spans } of pes)
      for (const column of [executions.element, sends.element, spans.element])
        for (let row = 0; row < column.length; row++) if (column[row] !== none) column[row] = numbers[column[row]!]!;
  }
  const pes = parts.flatMap((part) => part.pes).sort((a, b) => a.pe - b.pe);
  const problems = parts.flatMap((part) => part.problems);
  const trace = { ...parts[0]!, pes, elements: interner.table(), problems };
  // What a thread did not see: receivers among the PEs of the others.
  linkMessages(trace);
  return trace;
}
