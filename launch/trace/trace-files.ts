/**
 * The files of a run that is being recorded: a directory that holds one trace, `NAME.trace.json` and a file for each PE;
 * of a summary `NAME.sum.sts`, and two for each PE.
 *
 *  1. Before the run the directory is made, and a trace that is in it from an earlier run is removed.
 *  2. The head is written as soon as the program has been loaded, so that the trace of a crashed run can be read.
 *  3. Each PE writes its own file, chunk by chunk.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { basename, extname, join } from 'node:path';
import { CharmError } from '../../core/base/errors.ts';
import type { Registry } from '../../core/message/registry.ts';
import { FileSink, headText, LogWriter, Recorder, summaryTableText, type TraceInfo } from '../../projections/index.ts';
import { describeFailure } from '../describe-failure.ts';
import { makeFolder } from '../make-folder.ts';
import { readManifest } from '../package-root.ts';
import { TraceLayout } from './layout.ts';

/** What a PE must know to record; travels to its thread. */
export interface TraceStart {
  readonly directory: string;
  /** Base name of the files. */
  readonly name: string;
  /** Monotonic nanoseconds of this machine at which the run began, `process.hrtime.bigint()`. */
  readonly origin: bigint;
  /** Parts of the head that do not depend on the program. */
  readonly id: string;
  readonly startedAt: string;
  readonly commandLine: string;
  /** Only a summary is kept: see summary-recording.ts. */
  readonly isSummary: boolean;
}

const ownFile = /\.(trace|trace\.json|sum\.sts|\d+\.sumd?(\.part)?)$/;

/** Makes the directory ready. @throws CharmError ERR_OUTPUT if that cannot be done. */
export function prepareTrace(
  directory: string,
  program: string | URL,
  args: readonly string[],
  isSummary = false,
): TraceStart {
  try {
    makeFolder(directory, 0o700);
    for (const file of readdirSync(directory)) if (ownFile.test(file)) rmSync(join(directory, file));
  } catch (cause) {
    const message = `the trace can't be written to ${directory}: ${describeFailure(cause)}`;
    throw new CharmError('ERR_OUTPUT', message);
  }
  const file = program instanceof URL ? program.pathname : program;
  const name = basename(file, extname(file)).replace(/[^\w-]/g, '_') || 'program';
  const startedAt = new Date().toISOString();
  return {
    directory,
    name,
    origin: process.hrtime.bigint(),
    id: `${name}-${startedAt}-${process.pid}`,
    startedAt,
    commandLine: [file, ...args].join(' '),
    isSummary,
  };
}

/** Writes the head. */
export function writeHead(start: TraceStart, registry: Registry, pes: number, pesPerNode: number): TraceLayout {
  const layout = new TraceLayout(registry);
  const { id, startedAt, commandLine } = start;
  const info: TraceInfo = {
    run: {
      id,
      host: hostname(),
      user: userName(),
      machine: `${process.platform} ${process.arch}`,
      commandLine,
      startedAt,
      runtimeVersion: `charm4ts ${readManifest().version}, Node.js ${process.version}`,
    },
    pes,
    nodeOf: Array.from({ length: pes }, (_, pe) => Math.floor(pe / pesPerNode)),
    collections: layout.collections,
    entries: layout.entries,
    userEvents: [],
    userStats: [],
  };
  const mode = 0o600;
  if (start.isSummary) writeFileSync(join(start.directory, `${start.name}.sum.sts`), summaryTableText(info), { mode });
  else writeFileSync(join(start.directory, `${start.name}.trace.json`), headText(info), { mode });
  return layout;
}

/** Some systems have no name for the user. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

/** PEs of one process that may keep their files open. */
const openFilesMax = 64;
/** Words of the logs of all PEs of a process: 64 MB at most, and as much again of what is being written. */
const logWordsMax = 1 << 24;
const logWordsOfPe = 1 << 16;
/** Of everything else, rows of a chunk. */
const chunkRowsMax = 1024;

export interface PeTraceFile {
  readonly sink: FileSink;
  /** For what is frequent. */
  readonly log: LogWriter;
  /** For everything else. */
  readonly recorder: Recorder;
}

/** Opens the file of a PE, one of `pesHere` in this process. `begin` is its first moment, in nanoseconds of the run. */
export function openPeTrace({ directory, name }: TraceStart, pe: number, pesHere: number, begin: number): PeTraceFile {
  const isTransient = pesHere > openFilesMax;
  const sink = new FileSink(join(directory, `${name}.${pe}.trace`), pe, { isTransient });
  const logWords = Math.max(256, Math.min(logWordsOfPe, Math.floor(logWordsMax / pesHere)));
  const chunkRows = Math.max(8, Math.min(chunkRowsMax, logWords >>> 6));
  const recorder = new Recorder({ sink, begin, chunkRows });
  const log = new LogWriter(
    pe,
    (words) => {
      // The elements that the log names come first.
      recorder.flush();
      sink.takeLog(words);
    },
    logWords,
  );
  return { sink, log, recorder };
}

/**
 * A clock of this thread that tells nanoseconds since `origin`. All threads of a machine share the monotonic clock behind
 * it; the offset of this thread's own is found to about 0.1 us.
 */
export function runClock(origin: bigint): () => number {
  let best = Number.POSITIVE_INFINITY;
  let offset = 0;
  for (let i = 0; i < 50; i++) {
    const before = performance.now();
    const time = process.hrtime.bigint();
    const after = performance.now();
    if (after - before >= best) continue;
    best = after - before;
    offset = Number(time - origin) - ((before + after) / 2) * 1e6;
  }
  const clock = performance;
  return () => clock.now() * 1e6 + offset;
}
