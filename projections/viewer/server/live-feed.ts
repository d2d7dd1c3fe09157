/**
 * Hands looks at a running job on to all pages that watch it, as server-sent events:
 *
 *  1. A page that connects is told all that is kept (`history`), then each look as it comes (`sample`).
 *  2. When the job has ended, it is told so (`end`), and the connection with it.
 *
 * What is kept is bounded by `rowsMax` rows of PEs. A page that does not take what it is sent misses looks.
 */
import type { ServerResponse } from 'node:http';
import type { LiveSample } from '../live.ts';

/** About 100 B each. */
const rowsMax = 100_000;
const samplesMax = 600;
const unreadBytesMax = 4 << 20;

export class LiveFeed {
  readonly #history: LiveSample[] = [];
  readonly #pages = new Set<ServerResponse>();
  #end: string | undefined;

  /** Looks that a page which connects now is told. */
  get kept(): number {
    return this.#history.length;
  }

  /** A look. */
  push(sample: LiveSample): void {
    this.#history.push(sample);
    const most = Math.max(30, Math.min(samplesMax, Math.floor(rowsMax / Math.max(1, sample.pes.pe.length))));
    while (this.#history.length > most) this.#history.shift();
    for (const page of this.#pages) if (page.writableLength < unreadBytesMax) send(page, 'sample', sample);
  }

  /** There is nothing more to come. @param reason For the user. */
  end(reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    for (const page of this.#pages) {
      send(page, 'end', reason);
      page.end();
    }
    this.#pages.clear();
  }

  /** Answers a request with the events. */
  attach(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    send(response, 'history', this.#history);
    if (this.#end !== undefined) {
      send(response, 'end', this.#end);
      response.end();
      return;
    }
    this.#pages.add(response);
    response.on('close', () => this.#pages.delete(response));
    response.on('error', () => this.#pages.delete(response));
  }
}

/** JSON has no line breaks, so it is one line of data. */
function send(response: ServerResponse, event: string, data: unknown): void {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
