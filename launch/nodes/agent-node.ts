/** A node on another machine as the launcher sees it: an agent there (node-agent.ts), and what connects to it. */
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { distUrl } from '../package-root.ts';
import type { RankOptions } from '../rank-program.ts';
import { AgentChannel, type AgentMessage, type AgentOrder } from './agent-channel.ts';
import type { Host } from './host-file.ts';
import { LineOutput } from './line-output.ts';
import { pingEveryMs } from './node-agent.ts';
import type { NodeHandle, NodeOutput } from './node-handle.ts';
import type { NodeMessage, NodeOrder } from './node-protocol.ts';

const startGraceMs = 30_000;
const streams = ['stdout', 'stderr'] as const;

export interface AgentNodeOptions {
  readonly node: number;
  readonly program: string;
  readonly ranks: RankOptions | undefined;
  readonly output: NodeOutput;
  readonly onMessage: (message: NodeMessage) => void;
  /** It has ended; `why` is a sentence without a subject: `was ended by SIGKILL`. */
  readonly onEnd: (why: string) => void;
}

export interface AgentConnection {
  readonly input: Readable;
  readonly output: Writable;
  /** Cuts it, which ends the agent and its node. */
  cut(): void;
  /** What may explain that it broke. */
  readonly complaints: () => string;
}

export class AgentNode implements NodeHandle {
  readonly node: number;
  readonly ended: Promise<void>;
  readonly output = { stdout: '', stderr: '' };
  isDone = false;
  heardAt = performance.now() + startGraceMs;
  readonly #channel: AgentChannel<AgentOrder, AgentMessage>;
  readonly #connection: AgentConnection;
  readonly #lines: Readonly<Record<'stdout' | 'stderr', LineOutput>>;
  #isDropping = false;

  constructor(options: AgentNodeOptions, connection: AgentConnection) {
    const { node, program, ranks, output, onMessage, onEnd } = options;
    this.node = node;
    this.#connection = connection;
    const lines = (name: 'stdout' | 'stderr'): LineOutput =>
      new LineOutput(output.prefix, (text) => {
        if (output.isCaptured) this.output[name] += text;
        else process[name].write(text);
      });
    this.#lines = { stdout: lines('stdout'), stderr: lines('stderr') };
    let finish!: () => void;
    this.ended = new Promise((resolve) => {
      finish = resolve;
    });
    let ping: NodeJS.Timeout | undefined;
    const end = (why: string): void => {
      clearInterval(ping);
      for (const name of streams) this.#lines[name].end();
      onEnd(why);
      finish();
    };
    this.#channel = new AgentChannel<AgentOrder, AgentMessage>(
      connection.input,
      connection.output,
      (word) => {
        this.heardAt = performance.now();
        if (word.kind === 'message') onMessage(word.message);
        else if (word.kind === 'output') {
          if (!this.#isDropping) this.#lines[word.stream].add(word.text);
        } else end(word.signal === null ? `ended with exit code ${word.code}` : `was ended by ${word.signal}`);
      },
      (why) => end(`can't be reached any more: ${why}${connection.complaints()}`),
    );
    this.#channel.say({ kind: 'agent', node, program, ranks });
    ping = setInterval(() => this.#channel.say({ kind: 'ping' }), pingEveryMs);
  }

  tell(order: NodeOrder): void {
    this.#channel.say({ kind: 'order', order });
  }

  kill(): void {
    this.#connection.cut();
  }

  dropOutput(): void {
    this.#isDropping = true;
  }
}

/** Starts an agent by ssh. `command` is ssh with its options, `CHARM4TS_SSH` or `ssh`. */
export function connectBySsh({ name, cpus }: Host, command = process.env.CHARM4TS_SSH ?? 'ssh'): AgentConnection {
  const [program, ...options] = command.split(/\s+/).filter((word) => word !== '');
  const agent = [process.execPath, fileURLToPath(distUrl('launch/nodes/ssh-agent.js'))];
  const words = cpus === undefined ? agent : ['taskset', '-c', cpus, ...agent];
  const remote = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  // A group of its own: a terminal's interrupt is for the launcher. A shell of its own is replaced, not kept.
  const child = spawn(program ?? 'ssh', [...options, '-o', 'BatchMode=yes', name, `exec ${remote}`], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-1000);
  });
  child.on('error', (error) => {
    complaints = error.message;
    child.stdout.destroy();
  });
  return {
    input: child.stdout,
    output: child.stdin,
    cut: () => void child.kill('SIGKILL'),
    complaints: () => (complaints.trim() === '' ? '' : `; ${program} says: ${complaints.trim()}`),
  };
}
