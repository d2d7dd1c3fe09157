/**
 * The PE threads of one process, as whoever supervises them sees them: all of a job, or those of a node runtime.
 *
 *  1. `start` makes the threads; `deliver` tells them the program's address, once it has been compiled.
 *  2. When all have loaded it, and the same, `loaded` is told; `go` runs `main` on PE 0, if it is here.
 *  3. `stop` sets every PE's stop word. Threads leave the program, flush their output and end; one that does not leave
 *     within the grace time is terminated.
 *
 * Not handled: a PE in a synchronous system call (`execSync`) can't be terminated; the team ends when the call does.
 */
import { CharmError, fromWire, type Place } from '../core/base/errors.ts';
import type { GatewayMemory } from '../transports/outside/gateway-memory.ts';
import { PeWord, peWordsPerPe, type SharedMachine, wakePe } from '../transports/threads/threads-link.ts';
import type { PeView, ViewDetail } from './live/pe-view.ts';
import { TeamQuestions } from './live/team-questions.ts';
import { lostError } from './lost-pe.ts';
import type {
  ClassDescription,
  MeshMessage,
  MeshStart,
  MpiStart,
  PeSettings,
  WorkerMessage,
  WorkerOrder,
  WorkerStart,
} from './worker-protocol.ts';

/** How a thread came to its end; `thrown` is set for what nobody caught, and for the heap limit. */
export interface ThreadEnd {
  readonly exitCode: number;
  readonly thrown: { readonly value: unknown } | undefined;
}

/** Where a thread is in its life. `left`: it runs no more of the program. */
export type Phase = 'loading' | 'running' | 'left' | 'done';

/** A thread as the team sees it; pe-thread.ts makes those of Node.js. */
export interface TeamThread {
  readonly pe: number;
  /** Output that was kept. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** Resolves when the thread is gone and all it has written has been passed on. */
  readonly ended: Promise<void>;
  phase: Phase;
  tell(order: WorkerOrder): void;
  terminate(): void;
  /** What it writes is dropped, so that it does not wait for ever. */
  dropOutput(): void;
}

export type StartThread = (
  start: WorkerStart,
  onMessage: (message: WorkerMessage) => void,
  onEnd: (end: ThreadEnd) => void,
) => TeamThread;

export interface PeTeamOptions {
  readonly machine: SharedMachine;
  /** Number of the first PE here. */
  readonly firstPe: number;
  /** PEs of the whole job. */
  readonly jobPes: number;
  readonly pesPerNode: number;
  /** To the PEs of other node runtimes, if there are any. */
  readonly gateway?: GatewayMemory;
  /** The one PE here connects to other node runtimes itself. */
  readonly direct?: MeshStart;
  /** The one PE here calls the MPI library itself. */
  readonly mpi?: MpiStart;
  readonly settings: PeSettings;
  readonly startThread: StartThread;
}

/** The first word of `exit` and `failed` is what counts; the team does not stop by itself. */
export interface PeTeamEvents {
  loaded(description: readonly string[], classes: readonly ClassDescription[]): void;
  /** What a PE says that connects itself. */
  mesh?(message: MeshMessage): void;
  /** From the process of another node. */
  control?(node: number, text: string): void;
  exit(code: number): void;
  failed(error: Error): void;
}

/** A PE has this long to leave its entry method after the job has ended. */
const stopGraceMs = 2000;

export class PeTeam {
  readonly #options: PeTeamOptions;
  readonly #events: PeTeamEvents;
  readonly #threads: TeamThread[] = [];
  readonly #questions = new TeamQuestions(this.#threads);
  #loaded = 0;
  #description: readonly string[] | undefined = undefined;
  #classes: readonly ClassDescription[] = [];

  constructor(options: PeTeamOptions, events: PeTeamEvents) {
    this.#options = options;
    this.#events = events;
  }

  start(): void {
    const { machine, firstPe, jobPes, pesPerNode, gateway, direct, mpi, settings, startThread } = this.#options;
    for (let local = 0; local < machine.pes; local++) {
      const place = { pe: firstPe + local, firstPe, jobPes, pesPerNode, machine, gateway, direct, mpi };
      const thread: TeamThread = startThread(
        { ...place, settings },
        (message) => this.#onMessage(thread, message),
        (end) => this.#onThreadEnd(thread, end),
      );
      this.#threads.push(thread);
    }
  }

  deliver(url: string): void {
    for (const thread of this.#threads) thread.tell({ kind: 'program', url });
  }

  /** For a PE that connects itself. */
  connect(addresses: readonly string[]): void {
    this.#threads[0]?.tell({ kind: 'connect', addresses });
  }

  /** To the process of another node, by way of a PE that calls MPI. */
  control(node: number, text: string): void {
    this.#threads[0]?.tell({ kind: 'control', node, text });
  }

  go(): void {
    this.#threads[0]?.tell({ kind: 'go' });
  }

  /** Resolves when no thread is left, and all output has been passed on. */
  async stop(): Promise<void> {
    const { peWords, pes } = this.#options.machine;
    for (let pe = 0; pe < pes; pe++) {
      Atomics.store(peWords, pe * peWordsPerPe + PeWord.stop, 1);
      wakePe(peWords, pe);
    }
    for (const thread of this.#threads) thread.tell({ kind: 'stop' });
    const grace = setTimeout(() => {
      // Our own thread may have been blocked by a slow reader of its output: first hear what the PEs have said since.
      setImmediate(() => this.#terminateStragglers());
    }, stopGraceMs);
    await Promise.all(this.#threads.map((thread) => thread.ended));
    clearTimeout(grace);
  }

  /** Output that was kept. */
  output(stream: 'stdout' | 'stderr'): string {
    return this.#threads.map((thread) => thread.output[stream]).join('');
  }

  dropOutput(): void {
    for (const thread of this.#threads) thread.dropOutput();
  }

  /** Where entry methods run now, as far as known. */
  running(): Place[] {
    return this.#threads.map((thread) => this.#whatRuns(thread.pe)).filter(({ entry }) => entry !== undefined);
  }

  /** What the PEs say of themselves now, and which say nothing. */
  look(detail: ViewDetail): Promise<{ readonly views: PeView[]; readonly silent: number[] }> {
    return this.#questions.look(detail);
  }

  /** @throws Error that says why not. */
  setBalancer(names: readonly string[]): Promise<void> {
    return this.#questions.setBalancer(names);
  }

  #onMessage(thread: TeamThread, message: WorkerMessage): void {
    if (message.kind === 'exit') this.#events.exit(message.code);
    else if (message.kind === 'failed') this.#events.failed(fromWire(message.error));
    else if (message.kind === 'listening' || message.kind === 'connected') this.#events.mesh?.(message);
    else if (message.kind === 'control') this.#events.control?.(message.node, message.text);
    else if (message.kind === 'seen' || message.kind === 'balancerSet') this.#questions.answered(message);
    else if (message.kind === 'left') thread.phase = 'left';
    else if (message.kind === 'loaded') this.#onLoaded(thread, message.description, message.classes);
    else {
      thread.phase = 'done';
      thread.terminate();
    }
  }

  #onThreadEnd(thread: TeamThread, end: ThreadEnd): void {
    if (thread.phase !== 'done') this.#events.failed(lostError(this.#whatRuns(thread.pe), end));
  }

  #onLoaded(thread: TeamThread, description: readonly string[], classes: readonly ClassDescription[]): void {
    thread.phase = 'running';
    if (this.#description === undefined) {
      this.#description = description;
      this.#classes = classes;
    }
    const error = mismatch(this.#description, description, `PE ${thread.pe}`, { pe: thread.pe });
    if (error !== undefined) return this.#events.failed(error);
    this.#loaded++;
    if (this.#loaded === this.#threads.length) this.#events.loaded(this.#description, this.#classes);
  }

  #whatRuns(pe: number): Place {
    const { machine, firstPe } = this.#options;
    const word = (pe - firstPe) * peWordsPerPe + PeWord.progress;
    const entryWord = machine.peWords[word]!;
    const index = machine.peWords[word + 1]!;
    const type = entryWord === 0 ? undefined : this.#classes[entryWord >>> 16];
    const entry = type?.entries[(entryWord & 0xffff) - 1];
    if (type === undefined || entry === undefined) return { pe };
    return { pe, chare: index === -1 ? type.name : `${type.name}[${index}]`, entry };
  }

  /** One that has left the program only waits for its output to be read, and is not hurried. */
  #terminateStragglers(): void {
    for (const thread of this.#threads) {
      if (thread.phase === 'loading' || thread.phase === 'running') thread.terminate();
    }
  }
}

/** The error of a program that is not the same in two places; undefined if it is. */
function mismatch(
  known: readonly string[],
  found: readonly string[],
  where: string,
  place: Place | undefined,
): CharmError | undefined {
  const differences = [
    ...found.filter((line) => !known.includes(line)).map((line) => `only on ${where}: ${line}`),
    ...known.filter((line) => !found.includes(line)).map((line) => `not on ${where}: ${line}`),
  ];
  if (differences.length === 0) return undefined;
  const text = `the program's exports differ between PEs; every PE must load the same classes:\n  ${differences.join('\n  ')}`;
  return new CharmError('ERR_REGISTRY_MISMATCH', text, place);
}
