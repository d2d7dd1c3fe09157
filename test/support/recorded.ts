/** Records programs that run in one thread, into a folder, and reads the trace again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from '../../core/message/registry.ts';
import type { TraceSink } from '../../core/pe/trace-sink.ts';
import { PeRecording } from '../../launch/trace/pe-recording.ts';
import {
  openPeTrace,
  type PeTraceFile,
  prepareTrace,
  runClock,
  type TraceStart,
  writeHead,
} from '../../launch/trace/trace-files.ts';
import { openTrace, type Trace } from '../../projections/index.ts';
import type { Program, Schedule } from './schedule.ts';

/** The recordings of all PEs of a run. */
export class Recorded {
  readonly #start: TraceStart;
  readonly #recordings: PeRecording[] = [];
  readonly #files: PeTraceFile[] = [];

  private constructor(folder: string) {
    this.#start = prepareTrace(folder, 'drawn.ts', []);
  }

  /** What `run` records by way of `watch`, read again. */
  static async trace(run: (recorded: Recorded) => Promise<unknown>): Promise<Trace> {
    const folder = await mkdtemp(join(tmpdir(), 'charm4ts-recorded-'));
    try {
      const recorded = new Recorded(folder);
      await run(recorded);
      for (const recording of recorded.#recordings) recording.finish();
      for (const { sink } of recorded.#files) await sink.close();
      return await openTrace(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** Makes the recordings: of virtual time, if `now` is given. */
  watch(module: Program, { pes, pesPerNode }: Schedule): (pe: number, now?: () => number) => TraceSink {
    const layout = writeHead(this.#start, new Registry(module), pes, pesPerNode);
    const clock = runClock(this.#start.origin);
    return (pe, now) => {
      const begin = now === undefined ? clock() : 0;
      const file = openPeTrace(this.#start, pe, pes, begin);
      const recording = new PeRecording({
        pe,
        pes,
        ...file,
        layout,
        now: now === undefined ? clock : () => now() * 1e9,
        begin,
        isVirtual: now !== undefined,
        queueLength: () => 0,
      });
      this.#files.push(file);
      this.#recordings.push(recording);
      return recording;
    };
  }
}
