/**
 * The viewer's server, on the loopback interface.
 *
 *     GET  /?token=T                 the token becomes a cookie, and the browser is sent to `/`
 *     GET  /, /viewer.js, /viewer.css
 *     GET  /traces                   names and progress of the traces, in the order in which they were given; the running job
 *     GET  /live                     server-sent events of the running job: see live-feed.ts
 *     POST /trace/NUMBER/QUESTION    JSON in, an answer as in wire.ts out
 *
 * Traces are named by their number only. See security.ts for who may ask.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkQuestion } from '../questions.ts';
import { encodeAnswer } from '../wire.ts';
import { type Asset, type AssetName, readAssets } from './assets.ts';
import type { HostedTrace } from './hosted.ts';
import type { LiveFeed } from './live-feed.ts';
import { Guard, securityHeaders } from './security.ts';

export interface ViewerServer {
  /** With the token: whoever has it can see the traces. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** 0 or absent: any that is free. */
  readonly port?: number;
  /** A running job to watch, with or without traces. */
  readonly live?: { readonly program: string; readonly feed: LiveFeed };
}

/** A question is small; anything larger is none. */
const questionBytesMax = 1 << 22;

export async function serveTraces(
  traces: readonly HostedTrace[],
  { port = 0, live }: ServeOptions = {},
): Promise<ViewerServer> {
  const assets = await readAssets();
  const server = createServer();
  await listen(server, port);
  const { port: actual } = server.address() as AddressInfo;
  const viewer = new Viewer(traces, assets, new Guard(actual), live);
  // Reading begins at once where nothing can be shown before, and else when somebody asks for more than pictures.
  for (const trace of traces) if (!trace.isPrepared) trace.store.catch(() => {});
  server.on('request', (request, response) => void viewer.handle(request, response));
  return {
    url: `http://127.0.0.1:${actual}/?token=${viewer.guard.token}`,
    port: actual,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

class Viewer {
  readonly guard: Guard;
  readonly #traces: readonly HostedTrace[];
  readonly #assets: ReadonlyMap<AssetName, Asset>;
  readonly #live: ServeOptions['live'];

  constructor(
    traces: readonly HostedTrace[],
    assets: ReadonlyMap<AssetName, Asset>,
    guard: Guard,
    live: ServeOptions['live'],
  ) {
    this.#traces = traces;
    this.#live = live;
    this.#assets = assets;
    this.guard = guard;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    try {
      await this.#route(request, response);
    } catch (error) {
      // What a trace is damaged by is for the user; nothing else goes out.
      refuse(response, 500, error instanceof Error ? error.message : 'failed');
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = this.guard.refuse(request);
    if (refusal !== undefined) return refuse(response, refusal.status, refusal.reason);
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const isGet = request.method !== 'POST';
    if (isGet && url.pathname === '/' && this.guard.hasToken(url.searchParams.get('token')))
      return void response.writeHead(303, { 'Set-Cookie': this.guard.setCookie, Location: '/' }).end();
    if (!this.guard.hasCookie(request))
      return refuse(response, 403, 'open the address that charm4ts projections printed, with its token');
    if (isGet) return this.#get(url.pathname, request, response);
    return this.#post(url.pathname, request, response);
  }

  #get(path: string, { method }: IncomingMessage, response: ServerResponse): void {
    const body = method === 'HEAD' ? () => '' : (bytes: Uint8Array | string) => bytes;
    if (path === '/traces') {
      const names = this.#traces.map(({ name, progress, isLoaded }) => ({ name, ...progress, isLoaded }));
      const list = { traces: names, ...(this.#live === undefined ? {} : { live: this.#live.program }) };
      return void response.writeHead(200, { 'Content-Type': 'application/json' }).end(body(JSON.stringify(list)));
    }
    if (path === '/live' && this.#live !== undefined && method === 'GET') return this.#live.feed.attach(response);
    const asset = this.#assets.get((path === '/' ? 'index.html' : path.slice(1)) as AssetName);
    if (asset === undefined) return refuse(response, 404, 'there is no such page');
    response.writeHead(200, { 'Content-Type': asset.type }).end(body(asset.bytes));
  }

  async #post(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, number, name] = /^\/trace\/(\d{1,4})\/([a-zA-Z]{1,40})$/.exec(path) ?? [];
    const trace = number === undefined ? undefined : this.#traces[Number(number)];
    if (trace === undefined || name === undefined) return refuse(response, 404, 'there is no such trace or question');
    const text = await readText(request);
    if (text === undefined) return refuse(response, 413, 'the question is too long');
    const question = checkQuestion(name, parse(text));
    if (question === undefined) return refuse(response, 400, 'this is no question');
    const bytes = encodeAnswer(await trace.answer(question));
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes.length }).end(bytes);
  }
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${reason}\n`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readText(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > questionBytesMax) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
