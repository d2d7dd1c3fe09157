/** A thread that reads some PEs of a trace: see parallel-read.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { openTrace } from '../../format/open.ts';
import { columnsIn } from '../../model/columns.ts';
import { Pyramid } from '../../model/pyramid.ts';
import type { Trace } from '../../model/trace.ts';
import { type PackedPyramids, packPyramids } from '../prepared.ts';
import type { ReadReply, ReadTask } from './parallel-read.ts';

const port = parentPort!;
const { path, pes } = workerData as ReadTask;

try {
  let told = 0;
  const trace = await openTrace(path, {
    pes: new Set(pes),
    linksMessages: false,
    onProgress: (done) => {
      for (; told < done; told++) port.postMessage({ done } satisfies ReadReply);
    },
  });
  const pyramids = packPyramids(trace.pes.map((pe) => new Pyramid(pe)));
  // Without the prototype of a class, or whatever a reader adds.
  const { name, info, pes: tables, elements, problems } = trace;
  const plain: Trace = { name, info, pes: tables, elements, problems };
  port.postMessage({ trace: plain, pyramids } satisfies ReadReply, buffersOf(plain, pyramids));
} catch (error) {
  port.postMessage({ error: error instanceof Error ? error.message : String(error) } satisfies ReadReply);
}

/** All memory that is handed over. Columns of a file are views of the same. */
function buffersOf({ pes: tables, elements }: Trace, pyramids: PackedPyramids): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const add = (columns: object): void => {
    for (const column of Object.values(columnsIn(columns)))
      if (ArrayBuffer.isView(column)) buffers.add(column.buffer as ArrayBuffer);
  };
  for (const { executions, sends, idles, spans, points, destinations } of tables)
    for (const table of [executions, sends, idles, spans, points, destinations]) add(table);
  add(elements);
  add(pyramids);
  return [...buffers];
}
