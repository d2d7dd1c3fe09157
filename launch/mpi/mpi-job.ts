/**
 * One process of a job that mpirun has started: a node runtime, and on node 0 also what a launcher is for other jobs.
 *
 *  1. Every process finds its number in the variables of its starter, starts its PEs, and begins MPI: in the thread of the PE if it
 *     is alone, else here. It compiles and loads the program itself.
 *  2. All tell node 0 what they have loaded; when it is the same everywhere, node 0 runs `main`.
 *  3. The first word that node 0 hears wins: `exit`, or `failed`. It tells all to stop. The PEs leave; then all end MPI together,
 *     when nothing is under way any more (leaving.ts).
 *
 * The exit code and the report are node 0's. A node that can't tell it what has happened says it itself and ends; mpirun then ends all.
 *
 * Invariant: no process outlives its starter, nor the job by more than the grace time.
 *
 * Not handled: a process that hangs is not noticed, as with any program of MPI.
 */
import { availableParallelism } from 'node:os';
import { CharmError, type ErrorWire, fromWire, toWire } from '../../core/base/errors.ts';
import { makeSharedMachine } from '../../transports/threads/threads-link.ts';
import { JobEnd } from '../job-end.ts';
import { type JobOptions, type JobResult, peSettings } from '../job-options.ts';
import { LiveServer } from '../live/live-server.ts';
import {
  compareIdentities,
  comparePrograms,
  type NodeIdentity,
  type NodeProgram,
  ownIdentity,
  programHash,
} from '../nodes/node-identity.ts';
import { PeTeam } from '../pe-team.ts';
import { nodeThreads } from '../pe-thread.ts';
import { explainSyntaxError } from '../program-loader.ts';
import { prepareJob } from '../rank-program.ts';
import type { MpiStart } from '../worker-protocol.ts';
import { MpiGateway } from './mpi-gateway.ts';
import type { Rank } from './rank.ts';

type Word =
  | { readonly kind: 'loaded'; readonly identity: NodeIdentity; readonly program: NodeProgram }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'failed'; readonly error: ErrorWire }
  | { readonly kind: 'stop' };

/** From the end of the job to that of its processes. */
const graceMs = 10_000;
/** Node 0 answers to a failure with the end of the job within this time. */
const answerMs = 5000;
const watchEveryMs = 500;

export class MpiJob {
  readonly #options: JobOptions;
  readonly #pes: number;
  readonly #start: MpiStart;
  readonly #end: JobEnd;
  #team!: PeTeam;
  #gateway: MpiGateway | undefined;
  #live: LiveServer | undefined;
  #isConnected = false;
  readonly #identities = new Map<number, NodeIdentity>();
  readonly #programs = new Map<number, NodeProgram>();
  #hash: Promise<string> = Promise.resolve('');

  /** `pes` of each process. */
  constructor(options: JobOptions, pes: number, { rank, size, onThisMachine }: Rank) {
    this.#options = options;
    this.#pes = pes;
    const threads = onThisMachine * (pes === 1 ? 1 : pes + 1);
    this.#start = { node: rank, nodes: size, isCrowded: threads > availableParallelism() };
    this.#end = new JobEnd({
      signal: rank === 0 ? options.signal : undefined,
      isCaptured: false,
      describeRunning: () => '',
      dropOutput: () => this.#team.dropOutput(),
    });
  }

  async run(): Promise<JobResult> {
    const release = this.#end.listen();
    const watch = watchStarter();
    const onAbort = (): void => void setTimeout(() => process.exit(1), answerMs).unref();
    if (this.#start.node > 0) this.#options.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#begin();
      await this.#end.whenEnded;
      await this.#stop();
    } catch (error) {
      this.#end.fail(error);
    } finally {
      clearInterval(watch);
      this.#live?.close();
      release();
    }
    return { ...this.#end.value, stdout: '', stderr: '' };
  }

  async #begin(): Promise<void> {
    const { node, nodes } = this.#start;
    const pes = this.#pes;
    const machine = makeSharedMachine(pes);
    const settings = peSettings(this.#options, pes === 1 ? Number.POSITIVE_INFINITY : nodes * (pes + 1));
    const failed = (error: Error): void => void this.#failed(error);
    if (pes > 1)
      this.#gateway = await MpiGateway.open({
        start: this.#start,
        pesPerNode: pes,
        peWords: machine.peWords,
        onControl: (from, text) => this.#hear(from, text),
        failed,
      });
    this.#isConnected = this.#gateway !== undefined;
    const way = this.#gateway === undefined ? { mpi: this.#start } : { gateway: this.#gateway.memory };
    const startThread = nodeThreads({ heapMb: this.#options.heapMb, isCaptured: false });
    const team = new PeTeam(
      { machine, firstPe: node * pes, jobPes: nodes * pes, pesPerNode: pes, ...way, settings, startThread },
      {
        loaded: (description) => void this.#loaded(description),
        mesh: () => {
          this.#isConnected = true;
        },
        control: (from, text) => this.#hear(from, text),
        exit: (code) => this.#tellFirst({ kind: 'exit', code }),
        failed,
      },
    );
    this.#team = team;
    if (settings.live !== undefined)
      this.#live = new LiveServer({ job: process.ppid, node, program: settings.live, team });
    this.#live?.open();
    team.start();
    prepareJob(this.#options.program, this.#options.ranks).then((url) => {
      this.#hash = programHash(url);
      team.deliver(url);
    }, failed);
  }

  async #loaded(description: readonly string[]): Promise<void> {
    const hash = await this.#hash.catch(() => '');
    this.#tellFirst({ kind: 'loaded', identity: ownIdentity(), program: { description, hash } });
  }

  // ---- what is said ----

  #say(node: number, word: Word): void {
    const text = JSON.stringify(word);
    if (this.#gateway === undefined) this.#team.control(node, text);
    else this.#gateway.sendControl(node, text);
  }

  #tellFirst(word: Word): void {
    if (this.#start.node === 0) this.#heard(0, word);
    else this.#say(0, word);
  }

  #hear(from: number, text: string): void {
    this.#heard(from, JSON.parse(text) as Word);
  }

  #heard(from: number, word: Word): void {
    if (word.kind === 'stop') this.#end.finish(0, undefined);
    else if (word.kind === 'exit') this.#end.finish(word.code, undefined);
    else if (word.kind === 'failed') this.#end.fail(fromWire(word.error));
    else this.#onLoaded(from, word.identity, word.program);
  }

  #onLoaded(from: number, identity: NodeIdentity, program: NodeProgram): void {
    this.#identities.set(from, identity);
    this.#programs.set(from, program);
    if (this.#programs.size < this.#start.nodes) return;
    const error = compareIdentities(this.#identities) ?? comparePrograms(this.#programs);
    if (error !== undefined) this.#end.fail(error);
    else this.#team.go();
  }

  async #failed(error: Error): Promise<void> {
    const better = await explainSyntaxError(this.#options.program, error);
    const isMute = !this.#isConnected || (better instanceof CharmError && better.code === 'ERR_PE_LOST');
    if (this.#start.node === 0) return this.#end.fail(better);
    // The thread that talks to the others may be the one that is lost.
    if (isMute && this.#gateway === undefined) return this.#end.fail(better);
    this.#say(0, { kind: 'failed', error: toWire(better) });
    setTimeout(() => this.#end.fail(better), answerMs).unref();
  }

  // ---- the end ----

  async #stop(): Promise<void> {
    const { exitCode } = this.#end.value;
    const { node, nodes } = this.#start;
    // Whoever does not answer is ended by mpirun, once this process has.
    const grace = setTimeout(() => process.exit(exitCode), graceMs);
    if (node === 0 && this.#isConnected) for (let other = 1; other < nodes; other++) this.#say(other, { kind: 'stop' });
    if (node > 0 && exitCode !== 0) return clearTimeout(grace);
    if (this.#isConnected) {
      await this.#team.stop();
      await this.#gateway?.leave();
    }
    clearTimeout(grace);
  }
}

/** Ends this process when its starter has ended. */
function watchStarter(): NodeJS.Timeout {
  const starter = process.ppid;
  return setInterval(() => {
    if (process.ppid !== starter) process.exit(1);
  }, watchEveryMs).unref();
}
