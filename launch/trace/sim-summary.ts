/** The summary of a simulated job, in virtual time: of all its PEs, which share the memory for it. */

import type { TraceLayout } from './layout.ts';
import type { SimTraceOptions } from './sim-trace.ts';
import { SummaryFiles } from './summary-files.ts';
import type { SummaryRecording } from './summary-recording.ts';
import { prepareTrace, type TraceStart, writeHead } from './trace-files.ts';

const everyMs = 5000;

export class SimSummary {
  readonly #start: TraceStart;
  readonly #layout: TraceLayout;
  readonly #pes: number;
  readonly #files: SummaryFiles[] = [];
  readonly #timer: NodeJS.Timeout;

  /** @throws CharmError ERR_OUTPUT */
  constructor({ directory, program, args, registry, pes, pesPerNode }: SimTraceOptions) {
    this.#start = prepareTrace(directory, program, args, true);
    this.#layout = writeHead(this.#start, registry, pes, pesPerNode);
    this.#pes = pes;
    this.#timer = setInterval(() => this.#writeEarly(), everyMs);
    this.#timer.unref();
  }

  /** `now` tells virtual seconds on the PE. */
  recordingOf(pe: number, now: () => number): SummaryRecording {
    const files = new SummaryFiles({
      start: this.#start,
      layout: this.#layout,
      pe,
      pes: this.#pes,
      pesHere: this.#pes,
      now: () => now() * 1e9,
      begin: 0,
      isVirtual: true,
    });
    this.#files.push(files);
    return files.recording;
  }

  #writeEarly(): void {
    try {
      this.#write();
    } catch {
      // The last writing says what is wrong, unless it is right again by then.
    }
  }

  #write(): void {
    for (const files of this.#files) files.write();
  }

  /** @throws Error if something could not be written. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#write();
  }
}
