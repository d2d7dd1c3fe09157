/** Looks at running jobs of this user, from another process. */
import { readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type JobSocket, jobFolder, parseSocketName, socketName } from './job-folder.ts';
import type { JobView, LiveRequest } from './live-server.ts';
import type { PeView, ViewDetail } from './pe-view.ts';

export interface WholeView {
  readonly job: number;
  readonly program: string;
  readonly nodes: number;
  readonly startedAt: string;
  /** Ascending. */
  readonly pes: readonly PeView[];
  /** PEs that are busy in one entry method. */
  readonly silent: JobView['silent'];
}

const answerMsMax = 12_000;

/** Numbers of jobs that can be looked at, the oldest first; sockets of those that were killed are removed. */
export async function runningJobs(): Promise<number[]> {
  const jobs = new Set<number>();
  for (const { job, node } of sockets()) {
    const socket = await tryToConnect(job, node);
    socket?.destroy();
    if (socket !== undefined) jobs.add(job);
  }
  return [...jobs].sort((a, b) => a - b);
}

function sockets(): JobSocket[] {
  let names: string[];
  try {
    names = readdirSync(jobFolder());
  } catch {
    return [];
  }
  return names.flatMap((name) => parseSocketName(name) ?? []);
}

async function tryToConnect(job: number, node: number): Promise<Socket | undefined> {
  const path = join(jobFolder(), socketName(job, node));
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(socket));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') rmSync(path, { force: true });
      resolve(undefined);
    });
  });
}

/** Connections to all processes of a job. */
export class JobClient {
  readonly job: number;
  readonly #nodes: readonly NodeClient[];

  private constructor(job: number, nodes: readonly NodeClient[]) {
    this.job = job;
    this.#nodes = nodes;
  }

  /** @param job Default: the only one that runs. @throws Error that says which jobs there are. */
  static async open(job: number | undefined): Promise<JobClient> {
    const running = await runningJobs();
    const list =
      running.length === 0 ? 'no job of yours that can be looked at is running' : `running: ${running.join(', ')}`;
    if (job !== undefined && !running.includes(job)) throw new Error(`there is no job ${job}; ${list}`);
    const chosen = job ?? running[0];
    if (chosen === undefined) throw new Error(`${list}; start one with charm4ts run`);
    if (job === undefined && running.length > 1) throw new Error(`which job? ${list}`);
    const nodes: NodeClient[] = [];
    for (const { node } of sockets().filter((one) => one.job === chosen)) {
      const socket = await tryToConnect(chosen, node);
      if (socket !== undefined) nodes.push(new NodeClient(node, socket));
    }
    return new JobClient(
      chosen,
      nodes.sort((a, b) => a.node - b.node),
    );
  }

  /** @throws Error if the job has ended. */
  async view(detail: ViewDetail): Promise<WholeView> {
    const views = await Promise.all(this.#nodes.map((node) => node.ask({ ask: 'view', detail }) as Promise<JobView>));
    const [first] = views;
    if (first === undefined) throw new Error(`job ${this.job} has ended`);
    return {
      job: this.job,
      program: first.program,
      nodes: views.length,
      startedAt: first.startedAt,
      pes: views.flatMap(({ pes }) => pes).sort((a, b) => a.pe - b.pe),
      silent: views.flatMap(({ silent }) => silent).sort((a, b) => a.pe - b.pe),
    };
  }

  /** @throws Error that says why not. */
  async setBalancer(names: readonly string[]): Promise<void> {
    await this.#nodes[0]?.ask({ ask: 'balancer', names });
  }

  close(): void {
    for (const node of this.#nodes) node.close();
  }
}

class NodeClient {
  readonly node: number;
  readonly #socket: Socket;
  readonly #waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = [];

  constructor(node: number, socket: Socket) {
    this.node = node;
    this.#socket = socket;
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const lines = text.split('\n');
      text = lines.pop()!;
      for (const line of lines) this.#waiting.shift()?.resolve(JSON.parse(line));
    });
    socket.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('the job has ended'));
    });
  }

  async ask(request: LiveRequest): Promise<unknown> {
    if (this.#socket.destroyed) throw new Error('the job has ended');
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      timer = setTimeout(() => reject(new Error(`node ${this.node} of the job does not answer`)), answerMsMax);
      this.#socket.write(`${JSON.stringify(request)}\n`);
    }).finally(() => clearTimeout(timer));
    const { error } = answer as { readonly error?: string };
    if (error !== undefined) throw new Error(error);
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }
}
