/**
 * One worker thread as its supervisor sees it: orders go in, messages and output come out, and at some time it ends.
 *
 * Invariant: `ended` resolves when the thread is gone and all it has written has been passed on.
 */
import { finished } from 'node:stream/promises';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { distUrl } from './package-root.ts';
import type { Phase, StartThread, TeamThread, ThreadEnd } from './pe-team.ts';
import type { WorkerMessage, WorkerOrder, WorkerStart } from './worker-protocol.ts';

export interface PeThreadOptions {
  /** Keep the output, instead of passing it to this process's. */
  readonly isCaptured: boolean;
  readonly heapMb: number | undefined;
}

const streams = ['stdout', 'stderr'] as const;

export function nodeThreads(options: PeThreadOptions): StartThread {
  return (start, onMessage, onEnd) => new PeThread(start, options, onMessage, onEnd);
}

class PeThread implements TeamThread {
  readonly pe: number;
  readonly output = { stdout: '', stderr: '' };
  readonly ended: Promise<void>;
  phase: Phase = 'loading';
  readonly #worker: Worker;

  constructor(
    start: WorkerStart,
    { isCaptured, heapMb }: PeThreadOptions,
    onMessage: (message: WorkerMessage) => void,
    onEnd: (end: ThreadEnd) => void,
  ) {
    this.pe = start.pe;
    const limits: { resourceLimits?: ResourceLimits } =
      heapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } };
    const worker = new Worker(distUrl('launch/pe-worker.js'), {
      workerData: start,
      stdout: isCaptured,
      stderr: isCaptured,
      name: `PE ${start.pe}`,
      ...limits,
    });
    this.#worker = worker;
    if (isCaptured) this.#capture();
    let thrown: ThreadEnd['thrown'];
    worker.on('message', onMessage);
    // `error` does not come for process.exit, and its value may be null; `exit` always comes.
    worker.on('error', (value: unknown) => {
      thrown = { value };
    });
    const gone = new Promise<void>((resolve) => {
      worker.on('exit', (exitCode) => {
        onEnd({ exitCode, thrown });
        resolve();
      });
    });
    // A stream that is cut off has ended too.
    const passedOn = streams.map((stream) => finished(worker[stream]).catch(() => undefined));
    this.ended = Promise.all([gone, ...passedOn]).then(() => undefined);
  }

  tell(order: WorkerOrder): void {
    this.#worker.postMessage(order);
  }

  terminate(): void {
    void this.#worker.terminate();
  }

  /** This process's output is gone: what the thread writes is dropped, so that it does not wait for ever. */
  dropOutput(): void {
    for (const stream of streams) {
      this.#worker[stream].unpipe();
      this.#worker[stream].resume();
    }
  }

  #capture(): void {
    for (const stream of streams) {
      this.#worker[stream].setEncoding('utf8').on('data', (text: string) => {
        this.output[stream] += text;
      });
    }
  }
}
