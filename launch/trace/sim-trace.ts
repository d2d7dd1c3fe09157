/** The trace of a simulated job: the recordings of all its PEs, in virtual time. */
import type { Registry } from '../../core/message/registry.ts';
import type { TraceLayout } from './layout.ts';
import { PeRecording } from './pe-recording.ts';
import { openPeTrace, type PeTraceFile, prepareTrace, type TraceStart, writeHead } from './trace-files.ts';

export interface SimTraceOptions {
  readonly directory: string;
  /** What to call it. */
  readonly program: string | URL;
  readonly args: readonly string[];
  readonly registry: Registry;
  readonly pes: number;
  readonly pesPerNode: number;
}

export class SimTrace {
  readonly #start: TraceStart;
  readonly #layout: TraceLayout;
  readonly #pes: number;
  readonly #recordings: PeRecording[] = [];
  readonly #files: PeTraceFile[] = [];

  /** @throws CharmError ERR_OUTPUT */
  constructor({ directory, program, args, registry, pes, pesPerNode }: SimTraceOptions) {
    this.#start = prepareTrace(directory, program, args);
    this.#layout = writeHead(this.#start, registry, pes, pesPerNode);
    this.#pes = pes;
  }

  /** `now` tells virtual seconds on the PE. */
  recordingOf(pe: number, now: () => number, queueLength: () => number): PeRecording {
    const file = openPeTrace(this.#start, pe, this.#pes, 0);
    const recording = new PeRecording({
      pe,
      pes: this.#pes,
      ...file,
      layout: this.#layout,
      now: () => now() * 1e9,
      begin: 0,
      isVirtual: true,
      queueLength,
    });
    this.#files.push(file);
    this.#recordings.push(recording);
    return recording;
  }

  /** @throws Error if something could not be written. */
  async close(): Promise<void> {
    for (const recording of this.#recordings) recording.finish();
    for (const { sink } of this.#files) await sink.close();
  }
}
