/** What a job is asked for and what comes of it, on one node runtime or several. */
import { availableParallelism } from 'node:os';
import type { MessageCheckKind } from '../core/pe/message-check-kinds.ts';
import { type BalancingOptions, onlyBalancing } from './balancing-options.ts';
import type { TlsFiles } from './nodes/certificates.ts';
import type { RankOptions } from './rank-program.ts';
import { withRecord } from './record/run-file.ts';
import { defaultSeedBalancer } from './seed-strategy.ts';
import { prepareTrace } from './trace/trace-files.ts';
import type { PeSettings } from './worker-protocol.ts';

export interface NodePlace {
  /** The address that it listens on, and the others find it at, for transports that have any. */
  readonly host: string;
  /** What its process is started through: `['ip', 'netns', 'exec', 'left']`. It must pass descriptors on, and be that process then. */
  readonly command?: readonly string[];
}

export interface JobOptions extends BalancingOptions {
  /** A .ts, .mts, .js or .mjs file. */
  readonly program: string | URL;
  /** It is an MPI program: its main runs on each of so many ranks. See docs/ampi.md. */
  readonly ranks?: RankOptions;
  /** Default: the cores of the machine. With several nodes: PEs of each, by default one. */
  readonly pes?: number;
  /** Node runtimes, each a process of its own. Default: one, in this process. */
  readonly nodes?: number;
  /** A host file: nodes are started on these machines by ssh, see docs/hosts.md. Default number of nodes: one for each line. */
  readonly hosts?: string;
  /** How nodes talk: `unix` (default), another name of docs/transports.md, or the path of a transport of your own. */
  readonly transport?: string;
  /** Nodes besides that are tabs of a browser, with `pes` PEs each: see docs/browsers.md. Default: none. */
  readonly browsers?: number;
  /** Told the address that is to be opened in so many tabs. Default: it is written to standard error. */
  readonly onBrowserAddress?: (address: string, tabs: number) => void;
  /** Where each node runs. Default: all here, on 127.0.0.1. */
  readonly places?: readonly NodePlace[];
  /** Nodes talk over TLS, for `tcp` and `ws`: with certificates made for this job, or these (paths of PEM files). */
  readonly tls?: boolean | TlsFiles;
  /** URL of an HTTP proxy, for `ws`. Default: what HTTPS_PROXY and NO_PROXY say. */
  readonly proxy?: string;
  /** `[node 1] ` before each line of output of a job of several nodes. */
  readonly isPrefixed?: boolean;
  readonly args?: readonly string[];
  /** Seed of `charm.random()` and of the shuffling mode. Default: from the clock. */
  readonly seed?: number;
  /** Pick messages at random, within what programs are promised; for tests. */
  readonly shuffle?: boolean;
  /** Compare messages with what they were when they were sent, and `freeze` what can be; for tests. See docs/testing.md. */
  readonly checkMessages?: MessageCheckKind;
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
  /** Of the run only a summary is kept there, whose size does not depend on the number of messages. */
  readonly traceSummary?: boolean;
  /** Records in which order PEs process messages into this directory: see docs/record-replay.md. */
  readonly record?: string;
  /** Repeats the run that was recorded in this directory, with its PEs, arguments and seed; nodes are threads then. */
  readonly replay?: string;
  /** Lets `charm4ts top` and others of this user look at the job while it runs: see docs/live.md. Default: no. */
  readonly live?: boolean;
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

/**
 * What the PEs of a job are told, of which `threads` run on this machine.
 * @throws CharmError ERR_OUTPUT if the trace can't be written
 */
export function peSettings(options: JobOptions, threads: number): PeSettings {
  const { args = [], shuffle = false, checkMessages, seedBalancer = defaultSeedBalancer } = options;
  const seed = options.seed ?? Math.trunc(performance.timeOrigin + performance.now());
  const spinMs = options.spinMs ?? (threads <= availableParallelism() ? 0.2 : 0);
  const { trace: directory, traceSummary } = options;
  const trace = directory === undefined ? undefined : prepareTrace(directory, options.program, args, traceSummary);
  const live = options.live === true ? [String(options.program), ...args].join(' ') : undefined;
  const settings = {
    args,
    seed,
    spinMs,
    shuffle,
    checkMessages,
    seedBalancer,
    balancing: onlyBalancing(options),
    trace,
    live,
    record: undefined,
  };
  return withRecord(options, settings);
}
