/**
 * One node runtime as its launcher sees it: orders go in, messages and lines of output come out, and at some time it ends.
 *
 * Output is passed on in whole lines, so that lines of different nodes are not mixed.
 *
 * Invariant: `ended` resolves when the process is gone and all it has written has been passed on.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { distUrl } from '../package-root.ts';
import { LineOutput } from './line-output.ts';
import type { NodeHandle, NodeOutput } from './node-handle.ts';
import type { NodeMessage, NodeOrder } from './node-protocol.ts';

export interface NodeEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A guess: a hundred times what it takes where nothing else runs. */
const startGraceMs = 30_000;

export class NodeChild implements NodeHandle {
  readonly node: number;
  readonly ended: Promise<void>;
  readonly output = { stdout: '', stderr: '' };
  /** It has said that it is done. */
  isDone = false;
  /** When it was last heard of, by the launcher's clock; at first later than now, since a process may take its time to start. */
  heardAt = performance.now() + startGraceMs;
  readonly #child: ChildProcess;

  /** The process is started through `command`, if there is one. */
  constructor(
    node: number,
    output: NodeOutput,
    onMessage: (message: NodeMessage) => void,
    onEnd: (end: NodeEnd) => void,
    command: readonly string[] = [],
  ) {
    this.node = node;
    const [starter = process.execPath, ...words] = command;
    this.#child = fork(fileURLToPath(distUrl('launch/nodes/node-process.js')), {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      execPath: starter,
      execArgv: command.length === 0 ? process.execArgv : [...words, process.execPath, ...process.execArgv],
    });
    this.#child.on('message', (message) => {
      this.heardAt = performance.now();
      onMessage(message as NodeMessage);
    });
    // A failure to start; `exit` does not come then.
    this.#child.on('error', () => this.#child.emit('exit', null, null));
    const passedOn = (['stdout', 'stderr'] as const).map((name) => {
      const sink = output.isCaptured ? undefined : process[name];
      return this.#passOn(this.#child[name]!, name, sink, output);
    });
    const gone = new Promise<void>((resolve) => {
      this.#child.once('exit', (code, signal) => {
        onEnd({ code, signal });
        resolve();
      });
    });
    this.ended = Promise.all([gone, ...passedOn]).then(() => undefined);
  }

  tell(order: NodeOrder): void {
    if (this.#child.connected) this.#child.send(order, () => undefined);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  dropOutput(): void {
    for (const name of ['stdout', 'stderr'] as const) this.#child[name]!.removeAllListeners('data').resume();
  }

  #passOn(
    from: Readable,
    name: 'stdout' | 'stderr',
    to: Writable | undefined,
    { prefix, pass }: NodeOutput,
  ): Promise<void> {
    const write = (text: string): void => {
      if (pass !== undefined) pass(name, text);
      else if (to === undefined) this.output[name] += text;
      else if (!to.write(text)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    };
    const lines = new LineOutput(prefix, write);
    from.setEncoding('utf8').on('data', (text: string) => lines.add(text));
    return finished(from)
      .catch(() => undefined)
      .then(() => lines.end());
  }
}
