/**
 * A job of several node runtimes on this machine: processes that this one starts, watches and ends.
 *
 *  1. The nodes start, each opens an address; when all are known they connect to each other. The program compiles meanwhile.
 *  2. All load it; when all have loaded the same, node 0 runs `main`.
 *  3. The first word wins: `exit`, `failed`, a process that ends, or one that is not heard of. All others are told to stop; one
 *     that does not within the grace time is killed.
 *
 * A node is heard of twice a second, from its communication thread, which runs no program. One that is silent for
 * `deadMs` is lost; if this process itself was not running meanwhile (stopped, or the machine asleep), it waits anew.
 *
 * Invariants: when `run` settles no process of the job is alive, and all output has been passed on; one error, the first.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CharmError, fromWire, UsageError } from '../../core/base/errors.ts';
import { isCarrierFile } from '../../transports/index.ts';
import { BrowserSeats } from '../browsers/browser-seats.ts';
import { JobEnd } from '../job-end.ts';
import { type JobOptions, type JobResult, peSettings } from '../job-options.ts';
import { explainSyntaxError, prepareProgram, programFile } from '../program-loader.ts';
import { prepareJob } from '../rank-program.ts';
import { AgentNode, connectBySsh } from './agent-node.ts';
import { identitiesOf } from './certificates.ts';
import { type Host, readHostFile } from './host-file.ts';
import { NodeChild, type NodeEnd } from './node-child.ts';
import type { NodeHandle, NodeOutput } from './node-handle.ts';
import {
  compareIdentities,
  comparePrograms,
  launcher,
  type NodeIdentity,
  type NodeProgram,
  ownIdentity,
} from './node-identity.ts';
import type { NodeMessage } from './node-protocol.ts';

const stopGraceMs = 4000;
const watchEveryMs = 500;
const deadMs = 5000;
/** The watch itself came this much too late: nobody could be heard meanwhile. */
const ownGapMs = 1000;

export interface NodeJobOptions extends JobOptions {
  readonly nodes: number;
  /** PEs of each node. */
  readonly pes: number;
  /** Nodes that are tabs of a browser, besides. */
  readonly browsers: number;
  readonly transport: string;
  /** `[node 1] ` before each line of output. */
  readonly isPrefixed: boolean;
}

export class NodeJob {
  readonly #options: NodeJobOptions;
  readonly #children: NodeHandle[] = [];
  /** Undefined in jobs without browsers. */
  readonly #seats: BrowserSeats | undefined;
  readonly #addresses: (string | undefined)[] = [];
  /** Of heartbeats. */
  readonly #pulses: string[] = [];
  #folder = '';
  #connected = 0;
  readonly #identities = new Map<number, NodeIdentity>();
  readonly #programs = new Map<number, NodeProgram>();
  #url: string | undefined;
  readonly #end: JobEnd;

  constructor(options: NodeJobOptions) {
    this.#options = options;
    if (options.browsers > 0) this.#seats = new BrowserSeats();
    this.#end = new JobEnd({
      signal: options.signal,
      isCaptured: options.stdout === 'capture',
      describeRunning: () => '',
      dropOutput: () => {
        for (const child of this.#children) child.dropOutput();
      },
    });
  }

  async run(): Promise<JobResult> {
    const release = this.#end.listen();
    // Nobody else may connect there: the folder is ours alone.
    this.#folder = await mkdtemp(join(tmpdir(), 'charm4ts-'));
    const watch = this.#watch();
    try {
      if (!this.#end.hasEnded) this.#start().catch((error: unknown) => this.#end.fail(error));
      await this.#end.whenEnded;
      await this.#stop();
    } finally {
      clearInterval(watch);
      release();
      this.#seats?.close();
      await rm(this.#folder, { recursive: true, force: true });
    }
    const text = (stream: 'stdout' | 'stderr'): string => this.#children.map((child) => child.output[stream]).join('');
    return { ...this.#end.value, stdout: text('stdout'), stderr: text('stderr') };
  }

  async #start(): Promise<void> {
    const { browsers: tabs } = this.#options;
    const identities = await identitiesOf({ ...this.#options, nodes: this.#options.nodes + tabs });
    const transport = await carrierAddress(this.#options.transport);
    const hosts = await this.#hosts();
    if (this.#end.hasEnded) return;
    const { pes, proxy, isPrefixed, stdout, heapMb, browsers } = this.#options;
    const nodes = this.#options.nodes + browsers;
    const secret = randomBytes(32).toString('hex');
    // A communication thread has work too; and a PE that has the sockets itself does not see them while it spins.
    const settings = peSettings(this.#options, pes === 1 ? Number.POSITIVE_INFINITY : nodes * (pes + 1));
    for (let node = 0; node < nodes; node++) {
      const output = { isCaptured: stdout === 'capture', prefix: isPrefixed ? `[node ${node}] ` : '' };
      const tls = identities[node];
      const { host = '127.0.0.1', command = [] } = this.#options.places?.[node] ?? {};
      const mesh = { node, nodes, secret, transport, folder: this.#folder, host, tls, proxy };
      const onMessage = (message: NodeMessage): void => void this.#onMessage(child, message);
      const onLost = (error: CharmError): void => this.#end.fail(error);
      const child: NodeHandle =
        node < nodes - browsers
          ? this.#process(node, hosts?.[node], output, onMessage, command)
          : this.#seats!.add({ mesh, pesPerNode: pes, settings, output, onMessage, onLost });
      this.#children.push(child);
      child.tell({ kind: 'start', start: { mesh, pesPerNode: pes, settings, heapMb } });
    }
    Promise.all([prepareJob(this.#options.program, this.#options.ranks), this.#openSeats()]).then(
      ([url]) => {
        this.#url = url;
        this.#deliver();
      },
      (error: unknown) => this.#end.fail(error),
    );
  }

  /** Where each node runs; undefined: all on this machine. @throws UsageError */
  async #hosts(): Promise<readonly Host[] | undefined> {
    const { hosts: file, nodes, pes } = this.#options;
    if (file === undefined) return undefined;
    const hosts = await readHostFile(file);
    const other = hosts.find((host) => host.pes !== undefined && host.pes !== pes);
    if (other !== undefined)
      throw new UsageError(
        `${other.name} is to have ${other.pes} PEs, and each node has ${pes}: all nodes have as many, --pes`,
      );
    return Array.from({ length: nodes }, (_, node) => hosts[node % hosts.length]!);
  }

  #process(
    node: number,
    host: Host | undefined,
    output: NodeOutput,
    onMessage: (message: NodeMessage) => void,
    command: readonly string[],
  ): NodeHandle {
    if (host === undefined) {
      const child: NodeChild = new NodeChild(
        node,
        output,
        onMessage,
        (end) => this.#onEnd(child, howItEnded(end)),
        command,
      );
      return child;
    }
    const { program: given, ranks } = this.#options;
    const program = programFile(given);
    const onEnd = (how: string): void => this.#onEnd(agent, `${how} (on ${host.name})`);
    const agent: AgentNode = new AgentNode({ node, program, ranks, output, onMessage, onEnd }, connectBySsh(host));
    return agent;
  }

  /** Pages can join once all that they load is there. */
  async #openSeats(): Promise<void> {
    if (this.#seats === undefined) return;
    const { program, browsers, onBrowserAddress = tellAddress } = this.#options;
    await this.#seats.publish(program, this.#options);
    onBrowserAddress(await this.#seats.open(), browsers);
  }

  async #onMessage(child: NodeHandle, message: NodeMessage): Promise<void> {
    if (message.kind === 'hello') this.#identities.set(child.node, message.identity);
    else if (message.kind === 'listening') this.#onListening(child, message);
    else if (message.kind === 'connected') {
      this.#connected++;
      this.#deliver();
    } else if (message.kind === 'loaded')
      this.#onLoaded(child, { description: message.description, hash: message.hash });
    else if (message.kind === 'exit') this.#end.finish(message.code, undefined);
    else if (message.kind === 'failed')
      this.#end.fail(await explainSyntaxError(this.#options.program, fromWire(message.error)));
    else if (message.kind === 'done') child.isDone = true;
  }

  #onListening(
    child: NodeHandle,
    { address, pulse = '' }: { readonly address: string; readonly pulse?: string },
  ): void {
    this.#addresses[child.node] = address;
    this.#pulses[child.node] = pulse;
    const addresses = this.#addresses.filter((known) => known !== undefined);
    if (addresses.length < this.#children.length) return;
    const error = compareIdentities(new Map([[launcher, ownIdentity()], ...this.#identities]));
    if (error !== undefined) return this.#end.fail(error);
    for (const other of this.#children) other.tell({ kind: 'connect', addresses, pulses: this.#pulses });
  }

  /** All nodes are connected, and the program is compiled. */
  #deliver(): void {
    if (this.#url === undefined || this.#connected < this.#children.length) return;
    for (const child of this.#children) child.tell({ kind: 'program', url: this.#url });
  }

  #onLoaded(child: NodeHandle, program: NodeProgram): void {
    this.#programs.set(child.node, program);
    if (this.#programs.size < this.#children.length) return;
    const error = comparePrograms(this.#programs);
    if (error !== undefined) return this.#end.fail(error);
    this.#children[0]!.tell({ kind: 'go' });
  }

  #onEnd(child: NodeHandle, how: string): void {
    if (child.isDone || this.#end.hasEnded) return;
    this.#end.fail(new CharmError('ERR_NODE_LOST', `the process of node ${child.node} ${how} before the job did`));
  }

  /** Looks for nodes that are silent. */
  #watch(): NodeJS.Timeout {
    let lookedAt = performance.now();
    return setInterval(() => {
      const now = performance.now();
      const gap = now - lookedAt - watchEveryMs;
      lookedAt = now;
      for (const child of this.#children) {
        if (gap > ownGapMs) child.heardAt += gap;
        if (now - child.heardAt <= deadMs) continue;
        this.#end.fail(silentError(child));
        // It would not hear that it is to stop.
        child.kill();
      }
    }, watchEveryMs);
  }

  async #stop(): Promise<void> {
    for (const child of this.#children) child.tell({ kind: 'stop' });
    const grace = setTimeout(() => {
      for (const child of this.#children) if (!child.isDone) child.kill();
    }, stopGraceMs);
    await Promise.all(this.#children.map((child) => child.ended));
    clearTimeout(grace);
  }
}

function howItEnded({ code, signal }: NodeEnd): string {
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}

function tellAddress(address: string, browsers: number): void {
  const what = browsers === 1 ? 'a browser tab' : `${browsers} browser tabs`;
  process.stderr.write(`charm4ts: the job waits for ${what}; open ${address}\n`);
}

function silentError({ node }: NodeHandle): CharmError {
  const message = `node ${node} has not been heard of for ${deadMs / 1000} s; its process is stopped, or its machine is gone`;
  return new CharmError('ERR_NODE_LOST', message);
}

/** A transport of one's own is compiled as a program is, so that all nodes load the same. */
function carrierAddress(transport: string): string | Promise<string> {
  if (!isCarrierFile(transport)) return transport;
  if (!existsSync(transport)) throw new UsageError(`there is no file ${transport} with a transport`);
  return prepareProgram(transport);
}
