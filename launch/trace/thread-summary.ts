/**
 * The summary of a PE that has a thread of its own. It is written at the end, whichever way the thread ends by itself,
 * and before that now and then: first soon, then seldom enough to take no more than a fiftieth of the time. Of a run that
 * is killed the last seconds are missing.
 */

import type { TraceLayout } from './layout.ts';
import { SummaryFiles } from './summary-files.ts';
import type { SummaryRecording } from './summary-recording.ts';
import { runClock, type TraceStart } from './trace-files.ts';

const firstMs = 250;
const everyMs = 3000;
const shareMax = 1 / 50;

export interface ThreadSummaryOptions {
  readonly start: TraceStart;
  readonly layout: TraceLayout;
  readonly pe: number;
  readonly pes: number;
}

export class ThreadSummary {
  readonly recording: SummaryRecording;
  readonly #files: SummaryFiles;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ start, layout, pe, pes }: ThreadSummaryOptions) {
    const now = runClock(start.origin);
    this.#files = new SummaryFiles({ start, layout, pe, pes, pesHere: 1, now, begin: now() });
    this.recording = this.#files.recording;
    this.#writeIn(firstMs);
    process.once('exit', () => this.#end());
  }

  #writeIn(ms: number): void {
    this.#timer = setTimeout(() => {
      const begin = performance.now();
      try {
        this.#files.write();
      } catch {
        // The last writing says what is wrong, unless it is right again by then.
      }
      this.#writeIn(Math.max(everyMs, (performance.now() - begin) / shareMax));
    }, ms);
    this.#timer.unref();
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#files.write();
  }

  /** Writes the whole summary. @throws Error if it could not be written. */
  async close(): Promise<void> {
    this.#end();
  }
}
