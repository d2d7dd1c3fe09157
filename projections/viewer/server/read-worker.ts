/** A thread that reads some PEs of a trace: see parallel-read.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { isOwn, openTrace } from '../../format/open.ts';
import { type OwnFiles, readOwnFiles } from '../../format/own/read.ts';
import { columnsIn } from '../../model/columns.ts';
import { Pyramid } from '../../model/pyramid.ts';
import type { PeTrace, Trace } from '../../model/trace.ts';
import { type PackedPyramids, packPyramids } from '../prepared.ts';
import type { ReadReply, ReadTask } from './parallel-read.ts';

const port = parentPort!;
const { path, pes } = workerData as ReadTask;

try {
  let told = 0;
  const options = {
    pes: new Set(pes),
    linksMessages: false,
    onProgress: (done: number): void => {
      for (; told < done; told++) port.postMessage({ done } satisfies ReadReply);
    },
  };
  if (await isOwn(path)) answerOwn(await readOwnFiles(path, options));
  else answer(await openTrace(path, options));
} catch (error) {
  port.postMessage({ error: error instanceof Error ? error.message : String(error) } satisfies ReadReply);
}

function answer({ name, info, pes: tables, elements, problems }: Trace): void {
  const pyramids = pyramidsOf(tables);
  // Without the prototype of a class, or whatever a reader adds.
  const trace: Trace = { name, info, pes: tables, elements, problems };
  port.postMessage({ trace, pyramids } satisfies ReadReply, buffersOf(tables, [elements, pyramids]));
}

function answerOwn(own: OwnFiles): void {
  const tables = own.pes.map(({ trace }) => trace);
  const pyramids = pyramidsOf(tables);
  const beside = own.pes.flatMap(({ elements, arrivals }) => [elements, arrivals]);
  port.postMessage({ own, pyramids } satisfies ReadReply, buffersOf(tables, [...beside, pyramids]));
}

function pyramidsOf(tables: readonly PeTrace[]): PackedPyramids {
  return packPyramids(tables.map((pe) => new Pyramid(pe)));
}

/** All memory that is handed over. Columns of a file are views of the same. */
function buffersOf(pes: readonly PeTrace[], beside: readonly object[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const add = (columns: object): void => {
    for (const column of Object.values(columnsIn(columns)))
      if (ArrayBuffer.isView(column)) buffers.add(column.buffer as ArrayBuffer);
  };
  for (const { executions, sends, idles, spans, points, destinations } of pes)
    for (const table of [executions, sends, idles, spans, points, destinations]) add(table);
  for (const columns of beside) add(columns);
  return [...buffers];
}
