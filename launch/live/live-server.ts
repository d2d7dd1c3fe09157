/**
 * Lets a running job be looked at: a Unix socket that only the owner of the job can open, and that costs nothing until
 * someone does. A line of JSON asks, a line of JSON answers:
 *
 *     {"ask":"view","detail":"short"}          {"program":...,"pes":[PeView...],"silent":[{"pe":1,"running":"Ring[3].pass"}]}
 *     {"ask":"balancer","names":["Greedy"]}    {"balancer":["Greedy"]} or {"error":"..."}
 *
 * PEs that are busy in a long entry method do not answer in time: they are named with what they run.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describePlace, describeThrown } from '../../core/base/errors.ts';
import type { PeTeam } from '../pe-team.ts';
import { makeJobFolder, socketName } from './job-folder.ts';
import type { PeView, ViewDetail } from './pe-view.ts';

export interface LiveOptions {
  /** Number of the process that was started. */
  readonly job: number;
  readonly node: number;
  /** What runs. */
  readonly program: string;
  readonly team: PeTeam;
}

export interface JobView {
  readonly program: string;
  readonly node: number;
  readonly startedAt: string;
  readonly pes: readonly PeView[];
  readonly silent: readonly { readonly pe: number; readonly running: string }[];
}

export type LiveRequest =
  | { readonly ask: 'view'; readonly detail: ViewDetail }
  | { readonly ask: 'balancer'; readonly names: readonly string[] };

const requestBytesMax = 4096;

export class LiveServer {
  readonly #options: LiveOptions;
  readonly #startedAt = new Date().toISOString();
  readonly #connections = new Set<Socket>();
  #server: Server | undefined;
  #path = '';

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** A job that can't be looked at runs all the same. */
  open(): void {
    try {
      const { job, node } = this.#options;
      this.#path = join(makeJobFolder(), socketName(job, node));
      rmSync(this.#path, { force: true });
      this.#server = createServer((socket) => this.#serve(socket));
      this.#server.on('error', () => undefined);
      this.#server.listen(this.#path, () => {
        try {
          chmodSync(this.#path, 0o600);
        } catch {
          // The job has ended in between.
        }
      });
      this.#server.unref();
    } catch {
      this.#server = undefined;
    }
  }

  close(): void {
    if (this.#server === undefined) return;
    this.#server.close();
    for (const socket of this.#connections) socket.destroy();
    rmSync(this.#path, { force: true });
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.unref();
    socket.on('error', () => undefined);
    socket.on('close', () => this.#connections.delete(socket));
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.length > requestBytesMax) socket.destroy();
      const lines = text.split('\n');
      text = lines.pop()!;
      for (const line of lines) void this.#answer(socket, line);
    });
  }

  async #answer(socket: Socket, line: string): Promise<void> {
    let answer: unknown;
    try {
      answer = await this.#respond(JSON.parse(line) as LiveRequest);
    } catch (error) {
      answer = { error: describeThrown(error) };
    }
    if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
  }

  async #respond(request: LiveRequest): Promise<unknown> {
    const { team, program, node } = this.#options;
    if (request.ask === 'view') {
      const { views, silent } = await team.look(request.detail === 'elements' ? 'elements' : 'short');
      const running = team.running();
      const view: JobView = {
        program,
        node,
        startedAt: this.#startedAt,
        pes: views,
        silent: silent.map((pe) => {
          const place = running.find((one) => one.pe === pe);
          return { pe, running: place === undefined ? 'nothing that is known' : describePlace(place) };
        }),
      };
      return view;
    }
    if (request.ask === 'balancer' && Array.isArray(request.names)) {
      await team.setBalancer(request.names.map(String));
      return { balancer: request.names };
    }
    throw new Error('expected {"ask":"view"} or {"ask":"balancer","names":[...]}');
  }
}
