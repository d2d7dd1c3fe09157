/**
 * A job on the cores of one machine: a supervisor (the thread that calls `runJob`) and one worker thread per PE.
 *
 *  1. Shared memory and workers are made at once; the program compiles meanwhile.
 *  2. Workers load the program and report what it exports; differences between PEs end the job. Once all agree, PE 0
 *     runs `main`.
 *  3. The first word wins: `exit` from the program, `failed` from a PE, or a worker that ends. The supervisor then
 *     sets every PE's stop word.
 *  4. Workers stop running the program (`left`), flush their output, and report `done`; one that does not leave the
 *     program within the grace time is terminated.
 *
 * Invariants: when `runJob` settles no worker of the job is alive, and all output has been passed on. A failed job has
 * exactly one error, the first.
 *
 * Not handled: a PE in a synchronous system call (`execSync`) can't be terminated; the job ends when the call does.
 * A heap limit that V8 meets inside one large allocation ends the whole process, with V8's own report.
 */
import { availableParallelism } from 'node:os';
import { CharmError, describePlace, describeThrown, fromWire, type Place, UsageError } from '../core/base/errors.ts';
import {
  makeSharedMachine,
  PeWord,
  peWordsPerPe,
  type SharedMachine,
  wakePe,
} from '../transports/threads/threads-link.ts';
import { lostError } from './lost-pe.ts';
import { PeThread, type ThreadEnd } from './pe-thread.ts';
import { explainSyntaxError, prepareProgram } from './program-loader.ts';
import { defaultSeedBalancer, seedStrategyNamed } from './seed-strategy.ts';
import { prepareTrace } from './trace/trace-files.ts';
import type { ClassDescription, WorkerMessage } from './worker-protocol.ts';

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
  /** Where chares go that are created without a place: a name of docs/seed-balancers.md. Default: `random`. */
  readonly seedBalancer?: string;
  /** Where the PEs' output goes: to this process's (default) or into the result. */
  readonly stdout?: 'inherit' | 'capture';
  /** Milliseconds that an idle PE spins before it sleeps. Default: 0.2, or 0 with more PEs than cores. */
  readonly spinMs?: number;
  /** Heap limit per PE in MiB. Default: Node's. */
  readonly heapMb?: number;
  /** Records the run into this directory: see docs/projections.md. A trace that is there is replaced. */
  readonly trace?: string;
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
const pesMax = 256;
export const exitCodeInterrupted = 130;
/** As a shell shows a program that was ended by SIGPIPE. */
export const exitCodeBrokenPipe = 141;

/** Runs a program to its end on worker threads. Never throws for a failed job. @throws UsageError for bad options. */
export async function runJob(options: JobOptions): Promise<JobResult> {
  const pes = options.pes ?? availableParallelism();
  if (!Number.isInteger(pes) || pes < 1 || pes > pesMax)
    throw new UsageError(`pes must be an integer from 1 to ${pesMax}, not ${pes}`);
  if (options.seedBalancer !== undefined) seedStrategyNamed(options.seedBalancer);
  const job = new Job(options, pes, makeMachine(pes));
  return job.run();
}

function makeMachine(pes: number): SharedMachine {
  try {
    return makeSharedMachine(pes);
  } catch (cause) {
    const message = `the shared memory of ${pes} PEs could not be had (${describeThrown(cause)}); use fewer PEs`;
    throw new CharmError('ERR_RESOURCES', message, undefined, { cause });
  }
}

interface JobEnd {
  readonly exitCode: number;
  readonly error: Error | undefined;
}

class Job {
  readonly #options: JobOptions;
  readonly #pes: number;
  readonly #machine: SharedMachine;
  readonly #threads: PeThread[] = [];
  #loaded = 0;
  #description: readonly string[] | undefined = undefined;
  #classes: readonly ClassDescription[] = [];
  #end: JobEnd | undefined = undefined;
  #ended!: () => void;
  readonly #whenEnded: Promise<void> = new Promise((resolve) => {
    this.#ended = resolve;
  });

  constructor(options: JobOptions, pes: number, machine: SharedMachine) {
    this.#options = options;
    this.#pes = pes;
    this.#machine = machine;
  }

  async run(): Promise<JobResult> {
    const release = this.#listen();
    try {
      if (this.#end === undefined) {
        this.#startThreads();
        this.#deliverProgram();
      }
      await this.#whenEnded;
      await this.#stopThreads();
    } finally {
      release();
    }
    const text = (stream: 'stdout' | 'stderr'): string => this.#threads.map((t) => t.output[stream]).join('');
    return { ...this.#end!, stdout: text('stdout'), stderr: text('stderr') };
  }

  /** Hears of interruption, and of trouble with the output. Returns what undoes it. */
  #listen(): () => void {
    const { signal, stdout } = this.#options;
    const onAbort = (): void => this.#interrupt();
    const onOutputError = (error: NodeJS.ErrnoException): void => this.#outputFailed(error);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const outputs = stdout === 'capture' ? [] : [process.stdout, process.stderr];
    for (const output of outputs) output.on('error', onOutputError);
    return () => {
      signal?.removeEventListener('abort', onAbort);
      for (const output of outputs) output.off('error', onOutputError);
    };
  }

  #startThreads(): void {
    const { args = [], shuffle = false, heapMb, seedBalancer = defaultSeedBalancer } = this.#options;
    const seed = this.#options.seed ?? Math.trunc(performance.timeOrigin + performance.now());
    const spinMs = this.#options.spinMs ?? (this.#pes <= availableParallelism() ? 0.2 : 0);
    const { program } = this.#options;
    const trace = this.#options.trace === undefined ? undefined : prepareTrace(this.#options.trace, program, args);
    const isCaptured = this.#options.stdout === 'capture';
    for (let pe = 0; pe < this.#pes; pe++) {
      const start = { pe, machine: this.#machine, args, seed, spinMs, shuffle, seedBalancer, trace };
      const thread: PeThread = new PeThread(
        { start, isCaptured, heapMb },
        (message) => this.#onMessage(thread, message),
        (end) => this.#onThreadEnd(thread, end),
      );
      this.#threads.push(thread);
    }
  }

  #deliverProgram(): void {
    prepareProgram(this.#options.program).then(
      (url) => {
        if (this.#end === undefined) for (const thread of this.#threads) thread.tell({ kind: 'program', url });
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #onMessage(thread: PeThread, message: WorkerMessage): void {
    if (message.kind === 'exit') this.#finish(message.code, undefined);
    else if (message.kind === 'failed') void this.#onFailed(fromWire(message.error));
    else if (message.kind === 'left') thread.phase = 'left';
    else if (message.kind === 'loaded') this.#onLoaded(thread, message.description, message.classes);
    else {
      thread.phase = 'done';
      thread.terminate();
    }
  }

  async #onFailed(error: Error): Promise<void> {
    this.#fail(await explainSyntaxError(this.#options.program, error));
  }

  #onThreadEnd(thread: PeThread, end: ThreadEnd): void {
    if (thread.phase === 'done') return;
    this.#fail(lostError(this.#whatRuns(thread.pe), end));
  }

  #onLoaded(thread: PeThread, description: readonly string[], classes: readonly ClassDescription[]): void {
    thread.phase = 'running';
    if (this.#description === undefined) {
      this.#description = description;
      this.#classes = classes;
    }
    const differences = compare(this.#description, description, thread.pe);
    if (differences.length > 0) {
      const text = `the program's exports differ between PEs; every PE must load the same classes:\n  ${differences.join('\n  ')}`;
      return this.#fail(new CharmError('ERR_REGISTRY_MISMATCH', text, { pe: thread.pe }));
    }
    this.#loaded++;
    if (this.#loaded === this.#pes) this.#threads[0]!.tell({ kind: 'go' });
  }

  /** Chare and entry method that run on a PE now, as far as known. */
  #whatRuns(pe: number): Place {
    const word = pe * peWordsPerPe + PeWord.progress;
    const entryWord = this.#machine.peWords[word]!;
    const index = this.#machine.peWords[word + 1]!;
    const type = entryWord === 0 ? undefined : this.#classes[entryWord >>> 16];
    const entry = type?.entries[(entryWord & 0xffff) - 1];
    if (type === undefined || entry === undefined) return { pe };
    return { pe, chare: index === -1 ? type.name : `${type.name}[${index}]`, entry };
  }

  #interrupt(): void {
    const running = this.#threads
      .map((thread) => this.#whatRuns(thread.pe))
      .filter((place) => place.entry !== undefined);
    const where = running.length === 0 ? '' : `, while ${describePlace(running[0]!)} was running`;
    this.#finish(exitCodeInterrupted, new CharmError('ERR_INTERRUPTED', `the job was interrupted${where}`));
  }

  /** A reader that has seen enough (`| head`) is no error; a full disk is. */
  #outputFailed(error: NodeJS.ErrnoException): void {
    if (error.code === 'EPIPE') this.#finish(exitCodeBrokenPipe, undefined);
    else {
      const message = `the program's output could not be written: ${error.message}`;
      this.#fail(new CharmError('ERR_OUTPUT', message, undefined, { cause: error }));
    }
    for (const thread of this.#threads) thread.dropOutput();
  }

  #fail(error: unknown): void {
    this.#finish(1, error instanceof Error ? error : new CharmError('ERR_INTERNAL', describeThrown(error)));
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

  async #stopThreads(): Promise<void> {
    for (const thread of this.#threads) thread.tell({ kind: 'stop' });
    const grace = setTimeout(() => {
      // Our own thread may have been blocked by a slow reader of its output: first hear what the PEs have said since.
      setImmediate(() => this.#terminateStragglers());
    }, stopGraceMs);
    await Promise.all(this.#threads.map((thread) => thread.ended));
    clearTimeout(grace);
  }

  /** One that has left the program only waits for its output to be read, and is not hurried. */
  #terminateStragglers(): void {
    for (const thread of this.#threads) {
      if (thread.phase === 'loading' || thread.phase === 'running') thread.terminate();
    }
  }
}

function compare(known: readonly string[], found: readonly string[], pe: number): string[] {
  return [
    ...found.filter((line) => !known.includes(line)).map((line) => `only on PE ${pe}: ${line}`),
    ...known.filter((line) => !found.includes(line)).map((line) => `not on PE ${pe}: ${line}`),
  ];
}
