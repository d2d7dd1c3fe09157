/**
 * The trace of a PE that has a thread of its own: its recording, and what only the thread knows: garbage collections,
 * and the memory in use, looked at ten times a second.
 *
 * A thread that ends in the orderly way calls `close`. One that is ended by `process.exit` writes what it has on its way
 * out; of one that is killed, the last tenth of a second is missing.
 */
import { type NodeGCPerformanceDetail, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { none } from '../../projections/index.ts';
import type { TraceLayout } from './layout.ts';
import { PeRecording } from './pe-recording.ts';
import { openPeTrace, type PeTraceFile, runClock, type TraceStart } from './trace-files.ts';

const sampleEveryMs = 100;

export interface ThreadTraceOptions {
  readonly start: TraceStart;
  readonly layout: TraceLayout;
  readonly pe: number;
  readonly pes: number;
  readonly queueLength: () => number;
}

export class ThreadTrace {
  readonly recording: PeRecording;
  readonly #file: PeTraceFile;
  readonly #observer: PerformanceObserver;
  readonly #timer: NodeJS.Timeout;
  readonly #offset: number;
  #isClosed = false;

  constructor({ start, layout, pe, pes, queueLength }: ThreadTraceOptions) {
    const now = runClock(start.origin);
    this.#offset = now() - performance.now() * 1e6;
    const begin = now();
    this.#file = openPeTrace(start, pe, 1, begin);
    this.recording = new PeRecording({ pe, pes, ...this.#file, layout, now, begin, queueLength });
    this.#observer = new PerformanceObserver((list) => this.#collected(list.getEntries()));
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#timer = setInterval(() => this.#sample(), sampleEveryMs);
    this.#timer.unref();
    process.once('exit', () => this.#closeNow());
  }

  #collected(entries: readonly PerformanceEntry[]): void {
    for (const entry of entries) {
      const begin = entry.startTime * 1e6 + this.#offset;
      const { detail } = entry as PerformanceEntry & { readonly detail: NodeGCPerformanceDetail };
      this.recording.collected(begin, begin + entry.duration * 1e6, detail.kind ?? none);
    }
  }

  #sample(): void {
    this.recording.memory(getHeapStatistics().used_heap_size);
    this.recording.flush();
  }

  #end(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#collected(this.#observer.takeRecords());
    this.#observer.disconnect();
    this.recording.finish();
  }

  /** Writes all that is left. @throws Error if something could not be written. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#end();
    await this.#file.sink.close();
  }

  #closeNow(): void {
    if (this.#isClosed) return;
    this.#file.sink.hurry();
    this.#end();
    this.#file.sink.closeNow();
  }
}
