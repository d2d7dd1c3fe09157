/**
 * The connections of one node runtime to all others, over streams that a carrier opens (carrier.ts).
 *
 *  1. `listen` opens an address that others can be told.
 *  2. `connect` connects to the nodes with smaller numbers; those with larger numbers connect to us. Both sides prove that
 *     they have the job's secret (handshake.ts). It resolves when all are there.
 *  3. Records go back and forth (record-stream.ts) until `close`; a connection that ends before is a node lost.
 *
 * Before it has proved itself a connection is worth nothing: at most `pendingMax` of them are kept, and none longer than the
 * handshake's time.
 */

import { createHmac } from 'node:crypto';
import type { Transport, TransportEvents } from '../transport.ts';
import type { CarriedStream, Carrier, Secured } from './carrier.ts';
import { accept, type Introduction, initiate } from './handshake.ts';
import { RecordStream } from './record-stream.ts';

export interface SocketMeshOptions {
  readonly node: number;
  readonly nodes: number;
  readonly secret: Uint8Array;
  /** What must be the same on all nodes, for people. Default: nothing. */
  readonly identity?: string;
  readonly carrier: Carrier;
  readonly events: TransportEvents;
}

const pendingMax = 64;

export class SocketMesh implements Transport {
  readonly #options: SocketMeshOptions;
  readonly #self: Introduction;
  readonly #streams: (RecordStream | undefined)[];
  readonly #pending = new Set<CarriedStream>();
  #missing: number;
  #isClosed = false;
  #isUnref = false;
  #onComplete: (() => void) | undefined;
  #onFailure: ((error: Error) => void) | undefined;

  constructor(options: SocketMeshOptions) {
    this.#options = options;
    const { node, secret, identity = '' } = options;
    this.#self = { node, secret, identity };
    this.#streams = new Array(options.nodes).fill(undefined);
    this.#missing = options.nodes - 1;
  }

  /** Its sockets do not keep the event loop going. */
  unref(): void {
    this.#isUnref = true;
    this.#options.carrier.unref();
  }

  /** Resolves with the address that others are told. @throws Error of the system */
  listen(): Promise<string> {
    return this.#options.carrier.listen((carried) => void this.#accept(carried));
  }

  /** @throws Error if a node can't be reached or does not prove itself */
  connect(addresses: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onComplete = resolve;
      this.#onFailure = reject;
      if (this.#missing === 0) return resolve();
      for (let peer = 0; peer < this.#options.node; peer++) void this.#initiate(peer, addresses[peer]!);
    });
  }

  async #initiate(peer: number, address: string): Promise<void> {
    const carried = this.#options.carrier.connect(address);
    carried.stream.on('error', () => undefined);
    try {
      const secured = await carried.secured;
      if (secured?.node !== undefined && secured.node !== peer)
        throw new Error(`its certificate is that of node ${secured.node}`);
      await initiate(carried.stream, this.#boundTo(secured), peer);
      this.#adopt(peer, carried);
    } catch (error) {
      carried.stream.destroy();
      this.#onFailure?.(new Error(`node ${peer} at ${address}: ${(error as Error).message}`, { cause: error }));
    }
  }

  async #accept(carried: CarriedStream): Promise<void> {
    const { stream } = carried;
    if (this.#pending.size >= pendingMax || this.#isClosed) return void stream.destroy();
    // An error before the handshake has begun, or behind it.
    stream.on('error', () => undefined);
    this.#pending.add(carried);
    try {
      const secured = await carried.secured;
      const peer = await accept(stream, this.#boundTo(secured), secured?.node);
      const isWanted = peer > this.#options.node && peer < this.#options.nodes && this.#streams[peer] === undefined;
      if (isWanted) this.#adopt(peer, carried);
      else stream.destroy();
    } catch {
      // It is not one of ours, and is not worth a line.
      stream.destroy();
    } finally {
      this.#pending.delete(carried);
    }
  }

  #boundTo(secured: Secured | undefined): Introduction {
    return { ...this.#self, secret: boundTo(this.#options.secret, secured) };
  }

  #adopt(peer: number, { stream, unref }: CarriedStream): void {
    const { events } = this.#options;
    if (this.#isUnref) unref();
    const lost = (why: string): void => {
      if (this.#isClosed || this.#streams[peer] === undefined) return;
      this.#streams[peer] = undefined;
      stream.destroy();
      events.lost(peer, why);
    };
    stream.on('error', (error) => lost(error.message));
    // Some streams do not close by themselves where the other side has ended.
    for (const event of ['end', 'close']) stream.on(event, () => lost('its connection was closed'));
    this.#streams[peer] = new RecordStream(
      stream,
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

  /** Bytes that have been sent and not taken by the system. */
  get heldBytes(): number {
    let bytes = 0;
    for (const records of this.#streams) if (records !== undefined) bytes += records.stream.writableLength;
    return bytes;
  }

  setPaused(isPaused: boolean): void {
    for (const stream of this.#streams) {
      if (isPaused) stream?.stream.pause();
      else stream?.stream.resume();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#options.carrier.close();
    for (const { stream } of this.#pending) stream.destroy();
    for (const records of this.#streams) records?.stream.destroy();
  }
}

/** What is proved with this secret is worth nothing on another stream. */
function boundTo(secret: Uint8Array, secured: Secured | undefined): Uint8Array {
  return secured === undefined ? secret : createHmac('sha256', secret).update(secured.binding).digest();
}
