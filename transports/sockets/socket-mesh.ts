/**
 * The connections of one node runtime to all others over sockets, TCP or of the local machine (Unix).
 *
 *  1. `listen` opens an address that others can be told.
 *  2. `connect` connects to the nodes with smaller numbers; those with larger numbers connect to us. Both sides prove that
 *     they have the job's secret (handshake.ts). It resolves when all are there.
 *  3. Records go back and forth (record-stream.ts) until `close`; a connection that ends before is a node lost.
 *
 * Before it has proved itself a connection is worth nothing: at most `pendingMax` of them are kept, and none longer than the
 * handshake's time.
 */
import { type AddressInfo, connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import type { Transport, TransportEvents } from '../transport.ts';
import { accept, initiate } from './handshake.ts';
import { RecordStream } from './record-stream.ts';

/** A path is a Unix socket's. */
export type Address = { readonly path: string } | { readonly host: string; readonly port: number };

export interface SocketMeshOptions {
  readonly node: number;
  readonly nodes: number;
  readonly secret: Uint8Array;
  readonly events: TransportEvents;
}

const pendingMax = 64;

export class SocketMesh implements Transport {
  readonly #options: SocketMeshOptions;
  readonly #server: Server;
  readonly #streams: (RecordStream | undefined)[];
  readonly #pending = new Set<Socket>();
  #missing: number;
  #isClosed = false;
  #isUnref = false;
  #onComplete: (() => void) | undefined;
  #onFailure: ((error: Error) => void) | undefined;

  constructor(options: SocketMeshOptions) {
    this.#options = options;
    this.#streams = new Array(options.nodes).fill(undefined);
    this.#missing = options.nodes - 1;
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => void this.#accept(socket));
  }

  /** Its sockets do not keep the event loop going. */
  unref(): void {
    this.#isUnref = true;
    this.#server.unref();
  }

  /** @throws Error of the system */
  listen(wanted: { readonly path: string } | { readonly host: string }): Promise<Address> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen('path' in wanted ? wanted : { host: wanted.host, port: 0 }, () => {
        if ('path' in wanted) return resolve(wanted);
        resolve({ host: wanted.host, port: (this.#server.address() as AddressInfo).port });
      });
    });
  }

  /** @throws Error if a node can't be reached or does not prove itself */
  connect(addresses: readonly Address[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onComplete = resolve;
      this.#onFailure = reject;
      if (this.#missing === 0) return resolve();
      for (let peer = 0; peer < this.#options.node; peer++) void this.#initiate(peer, addresses[peer]!);
    });
  }

  async #initiate(peer: number, address: Address): Promise<void> {
    const socket = connectSocket(address);
    socket.setNoDelay(true);
    socket.pause();
    try {
      await initiate(socket, this.#options.secret, this.#options.node, peer);
      this.#adopt(peer, socket);
    } catch (error) {
      socket.destroy();
      this.#onFailure?.(new Error(`node ${peer} at ${show(address)}: ${(error as Error).message}`, { cause: error }));
    }
  }

  async #accept(socket: Socket): Promise<void> {
    if (this.#pending.size >= pendingMax || this.#isClosed) return void socket.destroy();
    this.#pending.add(socket);
    try {
      const peer = await accept(socket, this.#options.secret, this.#options.node);
      const isWanted = peer > this.#options.node && peer < this.#options.nodes && this.#streams[peer] === undefined;
      if (isWanted) this.#adopt(peer, socket);
      else socket.destroy();
    } catch {
      // It is not one of ours, and is not worth a line.
      socket.destroy();
    } finally {
      this.#pending.delete(socket);
    }
  }

  #adopt(peer: number, socket: Socket): void {
    const { events } = this.#options;
    if (this.#isUnref) socket.unref();
    const lost = (why: string): void => {
      if (this.#isClosed || this.#streams[peer] === undefined) return;
      this.#streams[peer] = undefined;
      socket.destroy();
      events.lost(peer, why);
    };
    socket.on('error', (error) => lost(error.message));
    socket.on('close', () => lost('its connection was closed'));
    this.#streams[peer] = new RecordStream(
      socket,
      (kind, to, from, bytes, start, length) => events.received(kind, to, from, bytes, start, length),
      (why) => lost(`it sent ${why}`),
    );
    this.#missing--;
    if (this.#missing === 0) this.#onComplete?.();
  }

  // ---- Transport ----

  send(node: number, kind: number, to: number, from: number, bytes: Uint8Array, start: number, length: number): void {
    this.#streams[node]?.send(kind, to, from, bytes, start, length);
  }

  /** A frame that is too large for a record. */
  sendLarge(node: number, to: number, from: number, segments: readonly Uint8Array[], total: number): void {
    this.#streams[node]?.sendLarge(to, from, segments, total);
  }

  flush(): void {
    for (const stream of this.#streams) stream?.flush();
  }

  isCongested(node: number): boolean {
    return this.#streams[node]?.isCongested ?? false;
  }

  setPaused(isPaused: boolean): void {
    for (const stream of this.#streams) {
      if (isPaused) stream?.stream.pause();
      else stream?.stream.resume();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#server.close();
    for (const socket of this.#pending) socket.destroy();
    for (const stream of this.#streams) stream?.stream.destroy();
  }
}

function show(address: Address): string {
  return 'path' in address ? address.path : `${address.host}:${address.port}`;
}
