/**
 * A job on the cores of one machine: a supervisor (the thread that calls `runJob`) and one worker thread per PE.
 *
 *  1. Shared memory and workers are made at once; the program compiles meanwhile.
 *  2. Workers load the program and report what it exports; differences between PEs end the job.
 *  3. The first word wins: `exit` from the program, `failed` from a PE, or a worker that ends. The supervisor then
 *     sets every PE's stop word.
 *  4. Workers flush and report `done`; one that does not within the grace time is terminated.
 *
 * Invariant: when `runJob` settles no worker of the job is alive.
 */
import { availableParallelism } from 'node:os';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { CharmError, describeThrown, fromWire, PeLostError, UsageError } from '../core/base/errors.ts';
import {
  makeSharedMachine,
  PeWord,
  peWordsPerPe,
  type SharedMachine,
  wakePe,
} from '../transports/threads/threads-link.ts';
import { distUrl } from './package-root.ts';
import { prepareProgram } from './program-loader.ts';
import type { ClassDescription, ProgramReady, WorkerMessage, WorkerStart } from './worker-protocol.ts';

export interface JobOptions {
  /** A .ts, .mts, .js or .mjs file. */
  readonly program: string | URL;
  /** Default: the cores of the machine. */
  readonly pes?: number;
  readonly args?: readonly string[];
  /** Seed of `charm.random()` and of the shuffling mode. Default: from the clock. */
  readonly seed?: number;
  /** Pick messages at random, within what programs are promised; for tests. */
  readonly shuffle?: boolean;
  /** Where the PEs' output goes: to this process's (default) or into the result. */
  readonly stdout?: 'inherit' | 'capture';
  /** Milliseconds that an idle PE spins before it sleeps. Default: 0.2, or 0 with more PEs than cores. */
  readonly spinMs?: number;
  /** Heap limit per PE in MiB. Default: Node's. */
  readonly heapMb?: number;
  /** Ends the job early, as if interrupted. */
  readonly signal?: AbortSignal;
}

export interface JobResult {
  readonly exitCode: number;
  /** Why the job failed; undefined if it did not. */
  readonly error: Error | undefined;
  /** With `stdout: 'capture'`. */
  readonly stdout: string;
  readonly stderr: string;
}

/** A PE has this long to leave its entry method after the job has ended. */
const stopGraceMs = 2000;
export const exitCodeInterrupted = 130;

/** Runs a program to its end on worker threads. Never throws for a failed job. */
export async function runJob(options: JobOptions): Promise<JobResult> {
  const pes = options.pes ?? availableParallelism();
  if (!Number.isInteger(pes) || pes < 1 || pes > 1024) throw new UsageError(`pes must be 1 to 1024, not ${pes}`);
  const job = new Job(options, pes);
  return job.run();
}

class Job {
  readonly #options: JobOptions;
  readonly #pes: number;
  readonly #machine: SharedMachine;
  readonly #workers: Worker[] = [];
  readonly #done: boolean[] = [];
  readonly #lost: Promise<void>[] = [];
  readonly #output = { stdout: '', stderr: '' };
  #description: readonly string[] | undefined = undefined;
  #classes: readonly ClassDescription[] = [];
  #end: { readonly exitCode: number; readonly error: Error | undefined } | undefined = undefined;
  #ended!: () => void;
  readonly #whenEnded: Promise<void> = new Promise((resolve) => {
    this.#ended = resolve;
  });

  constructor(options: JobOptions, pes: number) {
    this.#options = options;
    this.#pes = pes;
    this.#machine = makeSharedMachine(pes);
  }

  async run(): Promise<JobResult> {
    const { signal } = this.#options;
    const interrupt = (): void =>
      this.#finish(exitCodeInterrupted, new CharmError('ERR_ABORTED', 'the job was interrupted'));
    if (signal?.aborted === true) interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    for (let pe = 0; pe < this.#pes; pe++) this.#startWorker(pe);
    prepareProgram(this.#options.program).then(
      (url) => {
        for (const worker of this.#workers) worker.postMessage({ url } satisfies ProgramReady);
      },
      (error: unknown) => this.#fail(error),
    );
    await this.#whenEnded;
    await this.#stopWorkers();
    signal?.removeEventListener('abort', interrupt);
    return { ...this.#end!, ...this.#output };
  }

  #startWorker(pe: number): void {
    const {
      args = [],
      seed = Math.trunc(performance.timeOrigin + performance.now()),
      shuffle = false,
      heapMb,
    } = this.#options;
    const spinMs = this.#options.spinMs ?? (this.#pes <= availableParallelism() ? 0.2 : 0);
    const start: WorkerStart = { pe, machine: this.#machine, args, seed, spinMs, shuffle };
    const capture = this.#options.stdout === 'capture';
    const limits: { resourceLimits?: ResourceLimits } =
      heapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } };
    const worker = new Worker(distUrl('launch/pe-worker.js'), {
      workerData: start,
      stdout: capture,
      stderr: capture,
      name: `PE ${pe}`,
      ...limits,
    });
    if (capture) {
      for (const stream of ['stdout', 'stderr'] as const) {
        worker[stream].setEncoding('utf8').on('data', (text: string) => {
          this.#output[stream] += text;
        });
      }
    }
    let thrown: { readonly value: unknown } | undefined;
    worker.on('message', (message: WorkerMessage) => this.#onMessage(pe, message));
    // `error` does not come for process.exit, and its value may be null; `exit` always comes.
    worker.on('error', (value: unknown) => {
      thrown = { value };
    });
    this.#lost.push(
      new Promise((resolve) => {
        worker.on('exit', (code) => {
          if (this.#done[pe] !== true) this.#fail(this.#lostError(pe, code, thrown));
          resolve();
        });
      }),
    );
    this.#workers.push(worker);
    this.#done.push(false);
  }

  #onMessage(pe: number, message: WorkerMessage): void {
    if (message.kind === 'exit') this.#finish(message.code, undefined);
    else if (message.kind === 'failed') this.#fail(fromWire(message.error));
    else if (message.kind === 'done') this.#onDone(pe);
    else this.#onLoaded(pe, message.description, message.classes);
  }

  #onDone(pe: number): void {
    this.#done[pe] = true;
    void this.#workers[pe]!.terminate();
  }

  #onLoaded(pe: number, description: readonly string[], classes: readonly ClassDescription[]): void {
    if (this.#description === undefined) {
      this.#description = description;
      this.#classes = classes;
      return;
    }
    const known = this.#description;
    const differences = [
      ...description.filter((line) => !known.includes(line)).map((line) => `only on PE ${pe}: ${line}`),
      ...known.filter((line) => !description.includes(line)).map((line) => `not on PE ${pe}: ${line}`),
    ];
    if (differences.length === 0) return;
    const text = `the program's exports differ between PEs; every PE must load the same classes:\n  ${differences.join('\n  ')}`;
    this.#fail(new CharmError('ERR_REGISTRY_MISMATCH', text, { pe }));
  }

  #lostError(pe: number, code: number, thrown: { readonly value: unknown } | undefined): PeLostError {
    const word = pe * peWordsPerPe + PeWord.progress;
    const running = describeProgress(this.#classes, this.#machine.peWords[word]!, this.#machine.peWords[word + 1]!);
    const isMemory = (thrown?.value as { code?: string } | null | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    let why = `it ended with exit code ${code} (process.exit called in the program?)`;
    if (isMemory) why = 'it ran out of heap; give each PE more with --heap-mb, or keep less on it';
    else if (thrown !== undefined)
      why = `uncaught outside an entry method (timer, I/O or promise): ${describeThrown(thrown.value)}`;
    const options = thrown === undefined ? undefined : { cause: thrown.value };
    return new PeLostError('ERR_PE_LOST', `${why}${running}`, { pe }, options);
  }

  #fail(error: unknown): void {
    this.#finish(1, error instanceof Error ? error : new CharmError('ERR_ABORTED', describeThrown(error)));
  }

  /** The first end counts. */
  #finish(exitCode: number, error: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { exitCode, error };
    const { peWords } = this.#machine;
    for (let pe = 0; pe < this.#pes; pe++) {
      Atomics.store(peWords, pe * peWordsPerPe + PeWord.stop, 1);
      wakePe(peWords, pe);
    }
    this.#ended();
  }

  async #stopWorkers(): Promise<void> {
    const grace = setTimeout(() => {
      for (const worker of this.#workers) void worker.terminate();
    }, stopGraceMs);
    await Promise.all(this.#lost);
    clearTimeout(grace);
  }
}

/** ` while Ring[3].pass was running`, from a PE's progress words. */
function describeProgress(classes: readonly ClassDescription[], entryWord: number, index: number): string {
  if (entryWord === 0) return '';
  const type = classes[entryWord >>> 16];
  const entry = type?.entries[(entryWord & 0xffff) - 1];
  if (type === undefined || entry === undefined) return '';
  return ` while ${type.name}${index === -1 ? '' : `[${index}]`}.${entry} was running`;
}
