/**
 * Serves the page that makes a browser tab a node of a job, on the loopback interface:
 *
 *     GET /?token=T            the token becomes a cookie, and the browser is sent to `/`
 *     GET /, /page.css, /runtime/...    the page and the runtime, from a list that is read at the start
 *     GET /program.js, ...     what `publish` was given
 *     GET /join                upgraded to the WebSocket over which the page joins
 *
 * Who may ask is decided as in the trace viewer (projections/viewer/server/security.ts): loopback, Host, Origin, a random token of this
 * job. Above that, `/join` wants the Origin, and pages are isolated from other sites, so that their workers may share memory.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type WebSocket, WebSocketServer } from 'ws';
import { CharmError, describeThrown } from '../../core/base/errors.ts';
import { Guard, securityHeaders } from '../../projections/viewer/server/security.ts';
import { batchBytesMax } from '../../transports/page/record-batch.ts';
import { distUrl } from '../package-root.ts';
import { joinPath, runtimePath } from './page-protocol.ts';

/** A page and its workers run the job's own scripts, and talk to the launcher only. */
const headers: Readonly<Record<string, string>> = {
  ...securityHeaders,
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; connect-src 'self'; " +
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const headersTimeoutMs = 5000;
const connectionsMax = 256;

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

export class PageServer {
  readonly #files = new Map<string, Buffer | string>();
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #onJoin: (socket: WebSocket) => void;
  #guard!: Guard;
  #port = 0;

  /** `onJoin` is given the WebSocket of every page that may join. */
  constructor(onJoin: (socket: WebSocket) => void) {
    this.#onJoin = onJoin;
    this.#sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: batchBytesMax });
    this.#server = createServer({ headersTimeout: headersTimeoutMs }, (request, response) =>
      this.#answer(request, response),
    );
    this.#server.maxConnections = connectionsMax;
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
  }

  /** Resolves with the address to open, which has the token in it. @throws CharmError ERR_RESOURCES */
  async open(): Promise<string> {
    try {
      await this.#readRuntime();
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(0, '127.0.0.1', resolve);
      });
    } catch (cause) {
      const message = `the page for browsers could not be served: ${describeThrown(cause)}`;
      throw new CharmError('ERR_RESOURCES', message, undefined, { cause });
    }
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#guard = new Guard(this.#port);
    return `http://127.0.0.1:${this.#port}/?token=${this.#guard.token}`;
  }

  /** A script that pages can load. Returns its address. */
  publish(name: string, script: string): string {
    const path = `/${name}.js`;
    this.#files.set(path, script);
    return path;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  async #readRuntime(): Promise<void> {
    const folder = fileURLToPath(distUrl('browser/'));
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = `${entry.parentPath ?? entry.path}/${entry.name}`;
      this.#files.set(`${runtimePath}${file.slice(folder.length).replace(/^\//, '')}`, await readFile(file));
    }
    this.#files.set('/', this.#files.get(`${runtimePath}index.html`)!);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const refusal = this.#guard.refuse(request);
    if (refusal !== undefined) return refuse(response, refusal.status, refusal.reason);
    if (request.method === 'POST') return refuse(response, 405, 'nothing is taken here');
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === '/' && this.#guard.hasToken(url.searchParams.get('token')))
      return void response.writeHead(303, { 'Set-Cookie': this.#guard.setCookie, Location: '/' }).end();
    if (!this.#guard.hasCookie(request))
      return refuse(response, 403, 'open the address that charm4ts run printed, with its token');
    const file = this.#files.get(url.pathname);
    if (file === undefined) return refuse(response, 404, 'there is no such page');
    const type = types[url.pathname === '/' ? 'html' : url.pathname.slice(url.pathname.lastIndexOf('.') + 1)];
    response.writeHead(200, { 'Content-Type': type ?? 'application/octet-stream' });
    response.end(request.method === 'HEAD' ? '' : file);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    const isAllowed =
      request.url === joinPath &&
      request.method === 'GET' &&
      request.headers.origin !== undefined &&
      this.#guard.refuse(request) === undefined &&
      this.#guard.hasCookie(request);
    if (isAllowed) this.#sockets.handleUpgrade(request, socket, head, this.#onJoin);
    else socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  }
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${reason}\n`);
}
