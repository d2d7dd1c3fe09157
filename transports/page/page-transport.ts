/** A page's way to all other nodes: one WebSocket to the launcher, which passes records on. Runs in browsers. */
import type { Transport } from '../transport.ts';
import { RecordBatch } from './record-batch.ts';

/** What is needed of a WebSocket. */
export interface PageSocket {
  /** Bytes that have not gone out. */
  readonly bufferedAmount: number;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

const congestedBytes = 1 << 20;

export class PageTransport implements Transport {
  readonly #socket: PageSocket;
  readonly #onPause: (isPaused: boolean) => void;
  readonly #batch = new RecordBatch();

  /** A page can't stop what comes over a WebSocket: `onPause` asks the launcher to. */
  constructor(socket: PageSocket, onPause: (isPaused: boolean) => void) {
    this.#socket = socket;
    this.#onPause = onPause;
  }

  send(_node: number, kind: number, to: number, from: number, bytes: Uint8Array, start: number, length: number): void {
    if (this.#batch.add(kind, to, from, bytes, start, length)) this.flush();
  }

  flush(): void {
    const bytes = this.#batch.take();
    if (bytes !== undefined) this.#socket.send(bytes);
  }

  isCongested(): boolean {
    return this.#socket.bufferedAmount > congestedBytes;
  }

  setPaused(isPaused: boolean): void {
    this.#onPause(isPaused);
  }

  close(): void {
    this.#socket.close();
  }
}
