/**
 * Writes the chunks of a running PE into its file, in the background.
 *
 *  1. A full chunk is copied into spare memory, 0.1 ms, and handed to the system; the PE goes on with the same columns.
 *  2. Every chunk knows its place in the file, so writes need not end in order.
 *  3. At most `backlogMax` chunks are under way. With more, the PE writes itself and waits: memory is bounded, and the
 *     trace is complete. How often that happened is in `waits`.
 *  4. `close` waits for all writes. `closeNow` is for a process that ends: what is under way is left to the system.
 *
 * An error of writing is kept, and thrown by `close`; recording goes on without effect, since a full disk must not end
 * the run.
 */
import { close, closeSync, openSync, write, writeSync } from 'node:fs';
import { type Columns, rowsOf } from '../../model/columns.ts';
import type { ChunkSink } from '../../model/recorder.ts';
import type { Schemas, TableName } from '../../model/schema.ts';
import { chunkBytes, encodeChunk, encodeEnd, encodeFileHead, encodeTexts } from './chunks.ts';

export class FileSink implements ChunkSink {
  /** Chunks for which the PE had to wait. */
  waits = 0;
  readonly #file: number;
  readonly #backlogMax: number;
  /** Memory of chunks that have been written, to be used again. */
  readonly #spare: Readonly<Record<TableName, Uint8Array[]>> = {
    executions: [],
    sends: [],
    idles: [],
    spans: [],
    points: [],
    destinations: [],
    elements: [],
  };
  #position = 0;
  #underWay = 0;
  #error: Error | undefined;
  #onIdle: (() => void) | undefined;

  /** Creates the file, or empties it. @throws Error of the system */
  constructor(path: string, pe: number, { backlogMax = 16 }: { readonly backlogMax?: number } = {}) {
    this.#file = openSync(path, 'w');
    this.#backlogMax = backlogMax;
    this.#writeNow(encodeFileHead(pe));
  }

  take<K extends TableName>(table: K, columns: Columns<Schemas[K]>, rows: number): Columns<Schemas[K]> {
    const spare = this.#spare[table];
    const memory = spare.pop() ?? new Uint8Array(chunkBytes(table, rowsOf(columns)));
    this.#write(encodeChunk(table, columns, rows, memory), () => spare.push(memory));
    return columns;
  }

  takeTexts(texts: readonly string[]): void {
    this.#write(encodeTexts(texts));
  }

  finish(begin: number, end: number): void {
    this.#writeNow(encodeEnd(begin, end));
  }

  /** @throws the first error of writing. */
  async close(): Promise<void> {
    if (this.#underWay > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    await new Promise<void>((resolve) => close(this.#file, () => resolve()));
    if (this.#error !== undefined) throw this.#error;
  }

  closeNow(): void {
    closeSync(this.#file);
  }

  /** @param onDone when the bytes may be written over. */
  #write(bytes: Uint8Array, onDone?: () => void): void {
    if (this.#error !== undefined) return;
    if (this.#underWay >= this.#backlogMax) {
      this.waits++;
      this.#writeNow(bytes);
      onDone?.();
      return;
    }
    this.#underWay++;
    this.#send(bytes, this.#reserve(bytes), onDone);
  }

  /** The system may take a part only. */
  #send(bytes: Uint8Array, position: number, onDone: (() => void) | undefined): void {
    write(this.#file, bytes, 0, bytes.length, position, (error, written) => {
      if (error === null && written < bytes.length)
        return this.#send(bytes.subarray(written), position + written, onDone);
      if (error !== null) this.#error ??= error;
      onDone?.();
      if (--this.#underWay === 0) this.#onIdle?.();
    });
  }

  #writeNow(bytes: Uint8Array): void {
    if (this.#error !== undefined) return;
    const position = this.#reserve(bytes);
    try {
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#file, bytes, done, bytes.length - done, position + done);
    } catch (error) {
      this.#error = error as Error;
    }
  }

  #reserve(bytes: Uint8Array): number {
    const position = this.#position;
    this.#position += bytes.length;
    return position;
  }
}
