/** A PE's thread in a browser: a Web Worker, as the page's team sees it. */
import { CharmError } from '../../../core/base/errors.ts';
import type { Phase, StartThread, TeamThread, ThreadEnd } from '../../pe-team.ts';
import type { WorkerMessage, WorkerOrder, WorkerStart } from '../../worker-protocol.ts';
import { runtimePath } from '../page-protocol.ts';

const workerScript = `${runtimePath}launch/browsers/client/web-worker.js`;

/** What a worker is told first. */
export interface WebWorkerStart {
  readonly start: WorkerStart;
  /** Addresses of strategies, by the names that the job was given. */
  readonly strategies: Readonly<Record<string, string>>;
}

export type WebWorkerMessage =
  | WorkerMessage
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly text: string };

export interface WebThreadOptions {
  readonly strategies: () => Readonly<Record<string, string>>;
  readonly onOutput: (stream: 'stdout' | 'stderr', text: string) => void;
}

export function webThreads(options: WebThreadOptions): StartThread {
  return (start, onMessage, onEnd) => new WebThread(start, options, onMessage, onEnd);
}

class WebThread implements TeamThread {
  readonly pe: number;
  /** Output goes to the launcher. */
  readonly output = { stdout: '', stderr: '' };
  readonly ended: Promise<void>;
  phase: Phase = 'loading';
  readonly #worker: Worker;
  readonly #onEnd: (end: ThreadEnd) => void;
  #hasEnded = false;
  #settle!: () => void;

  constructor(
    start: WorkerStart,
    { strategies, onOutput }: WebThreadOptions,
    onMessage: (message: WorkerMessage) => void,
    onEnd: (end: ThreadEnd) => void,
  ) {
    this.pe = start.pe;
    this.#onEnd = onEnd;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#worker = new Worker(workerScript, { type: 'module', name: `PE ${start.pe}` });
    this.#worker.onmessage = ({ data }: MessageEvent<WebWorkerMessage>) => {
      if (data.kind === 'output') onOutput(data.stream, data.text);
      else onMessage(data);
    };
    // Its script could not be loaded, or threw before it could say so itself.
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(new CharmError('ERR_PE_LOST', event.message || 'its script could not be loaded'));
    };
    const first: WebWorkerStart = { start, strategies: strategies() };
    this.#worker.postMessage(first);
  }

  tell(order: WorkerOrder): void {
    this.#worker.postMessage(order);
  }

  /** Browsers tell nothing of a worker's end; so it has ended once it is told to. */
  terminate(): void {
    this.#worker.terminate();
    this.#end(undefined);
  }

  dropOutput(): void {
    // It goes no further than the page.
  }

  #end(thrown: Error | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#worker.terminate();
    this.#onEnd({ exitCode: 1, thrown: thrown === undefined ? undefined : { value: thrown } });
    this.#settle();
  }
}
