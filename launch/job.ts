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
import { CharmError, describePlace, describeThrown, UsageError } from '../core/base/errors.ts';
import { messageChecks } from '../core/pe/message-check-kinds.ts';
import { carrierNames, isCarrierFile } from '../transports/index.ts';
import { makeSharedMachine, type SharedMachine } from '../transports/threads/threads-link.ts';
import { JobEnd } from './job-end.ts';
import { type JobOptions, type JobResult, peSettings } from './job-options.ts';
import { LiveServer } from './live/live-server.ts';
import { hasMpi, type Rank, rankOf } from './mpi/rank.ts';
import { readHostFile } from './nodes/host-file.ts';
import { PeTeam } from './pe-team.ts';
import { nodeThreads } from './pe-thread.ts';
import { explainSyntaxError } from './program-loader.ts';
import { prepareJob } from './rank-program.ts';
import { replayOptions } from './record/run-file.ts';
import { seedStrategyNamed } from './seed-strategy.ts';

const pesMax = 256;
const nodesMax = 64;

/** Runs a program to its end on worker threads. Never throws for a failed job. @throws UsageError for bad options. */
export async function runJob(given: JobOptions): Promise<JobResult> {
  const { options: asked, pesPerNode } = replayOptions(given);
  const options = await withHosts(asked);
  const { nodes = 1 } = options;
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > nodesMax)
    throw new UsageError(`nodes must be an integer from 1 to ${nodesMax}, not ${nodes}`);
  const { browsers = 0 } = options;
  if (!Number.isInteger(browsers) || browsers < 0 || browsers + nodes > nodesMax)
    throw new UsageError(`browsers must be an integer from 0 to ${nodesMax - nodes}, not ${browsers}`);
  if (browsers > 0) checkBrowserJob(options);
  const isOnNodes = nodes + browsers > 1 || options.hosts !== undefined;
  const pes = options.pes ?? (isOnNodes ? 1 : availableParallelism());
  if (!Number.isInteger(pes) || pes < 1 || pes > pesMax)
    throw new UsageError(`pes must be an integer from 1 to ${pesMax}, not ${pes}`);
  const { checkMessages: check } = options;
  if (check !== undefined && !messageChecks.includes(check))
    throw new UsageError(`checkMessages is ${messageChecks.join(' or ')}, not ${String(check)}`);
  if (options.seedBalancer !== undefined) seedStrategyNamed(options.seedBalancer);
  const rank = rankOf(process.env);
  if (rank !== undefined && hasMpi(rank) && (options.transport ?? 'mpi') === 'mpi') return runRank(options, rank);
  if (options.transport === 'mpi') throw new UsageError(howToMpi(nodes));
  if (isOnNodes) {
    const { transport = 'unix', isPrefixed = false, proxy } = options;
    if (proxy !== undefined && !URL.canParse(proxy))
      throw new UsageError(`a proxy is an address like http://proxy:3128, not ${proxy}`);
    if (!carrierNames.includes(transport) && !isCarrierFile(transport))
      throw new UsageError(`there is no transport ${transport}; there are ${carrierNames.join(', ')}`);
    // Loaded here: with esbuild, certificates and WebSockets it takes longer than all else, and few jobs need it.
    const { NodeJob } = await import('./nodes/node-job.ts');
    return new NodeJob({ ...options, nodes, browsers, pes, transport, isPrefixed }).run();
  }
  return new Job({ ...options, pes }, pesPerNode ?? pes, makeMachine(pes)).run();
}

/** With a host file there is a node for each of its lines, and they talk over TCP. */
async function withHosts(options: JobOptions): Promise<JobOptions> {
  const { hosts, transport = 'tcp' } = options;
  if (hosts === undefined) return options;
  if (transport === 'unix' || transport === 'pipe')
    throw new UsageError(`the transport ${transport} does not reach other machines; take tcp, ws or udp`);
  return { ...options, transport, nodes: options.nodes ?? (await readHostFile(hosts)).length };
}

/** @throws UsageError for what nodes in browsers can't do */
function checkBrowserJob({ trace, record, replay }: JobOptions): void {
  const unable = { trace, record, replay };
  for (const [name, value] of Object.entries(unable))
    if (value !== undefined) throw new UsageError(`a job with browsers takes no ${name}: a page can't write its files`);
}

/** One process of a job that mpirun has started. */
async function runRank(options: JobOptions, rank: Rank): Promise<JobResult> {
  const { nodes = rank.size, pes = 1 } = options;
  if (nodes !== rank.size)
    throw new UsageError(`${rank.size} processes have been started, so nodes can't be ${nodes}; leave it out`);
  if (options.trace !== undefined) throw new UsageError('a job that mpirun starts can not be traced yet');
  if (options.stdout === 'capture') throw new UsageError('the output of a job that mpirun starts can not be captured');
  const { MpiJob } = await import('./mpi/mpi-job.ts');
  return new MpiJob(options, pes, rank).run();
}

function howToMpi(nodes: number): string {
  return `with the transport mpi, processes are started by mpirun: mpirun -n ${nodes} charm4ts run ...`;
}

function makeMachine(pes: number): SharedMachine {
  try {
    return makeSharedMachine(pes);
  } catch (cause) {
    const message = `the shared memory of ${pes} PEs could not be had (${describeThrown(cause)}); use fewer PEs`;
    throw new CharmError('ERR_RESOURCES', message, undefined, { cause });
  }
}

/** A job whose PEs are all threads of this process. */
class Job {
  readonly #options: JobOptions;
  readonly #team: PeTeam;
  readonly #end: JobEnd;
  readonly #live: LiveServer | undefined;

  constructor(options: JobOptions, pesPerNode: number, machine: SharedMachine) {
    const { pes } = machine;
    this.#options = options;
    const isCaptured = options.stdout === 'capture';
    this.#end = new JobEnd({
      signal: options.signal,
      isCaptured,
      describeRunning: () => this.#describeRunning(),
      dropOutput: () => this.#team.dropOutput(),
    });
    const settings = peSettings(options, pes);
    const { heapMb } = options;
    this.#team = new PeTeam(
      { machine, firstPe: 0, jobPes: pes, pesPerNode, settings, startThread: nodeThreads({ heapMb, isCaptured }) },
      {
        loaded: () => this.#team.go(),
        exit: (code) => this.#end.finish(code, undefined),
        failed: (error) => void this.#onFailed(error),
      },
    );
    const { live: program } = settings;
    if (program !== undefined) this.#live = new LiveServer({ job: process.pid, node: 0, program, team: this.#team });
  }

  async run(): Promise<JobResult> {
    const release = this.#end.listen();
    try {
      if (!this.#end.hasEnded) {
        this.#live?.open();
        this.#team.start();
        this.#deliverProgram();
      }
      await this.#end.whenEnded;
      await this.#team.stop();
    } finally {
      this.#live?.close();
      release();
    }
    return { ...this.#end.value, stdout: this.#team.output('stdout'), stderr: this.#team.output('stderr') };
  }

  #deliverProgram(): void {
    prepareJob(this.#options.program, this.#options.ranks).then(
      (url) => {
        if (!this.#end.hasEnded) this.#team.deliver(url);
      },
      (error: unknown) => this.#end.fail(error),
    );
  }

  async #onFailed(error: Error): Promise<void> {
    this.#end.fail(await explainSyntaxError(this.#options.program, error));
  }

  #describeRunning(): string {
    const [running] = this.#team.running();
    return running === undefined ? '' : `, while ${describePlace(running)} was running`;
  }
}
