/**
 * Writes the chunks of a running PE into its file, in the background.
 *
 *  1. A full chunk is copied into spare memory, 0.1 ms, and handed to the system; the PE goes on with the same columns.
 *  2. Every chunk knows its place in the file, so writes need not end in order.
 *  3. At most `backlogMax` chunks are under way. With more, the PE writes itself and waits: memory is bounded, and the
 *     trace is complete. How often that happened is in `waits`.
 *  4. `close` waits for all writes. `closeNow` is for a process that ends: what is under way is left to the system.
 *  5. With `isTransient` the file is open only while something is written, and every write waits: for thousands of PEs in
 *     one process, which may not have that many files open.
 *
 * An error of writing is kept, and thrown by `close`; recording goes on without effect, since a full disk must not end
 * the run.
 */
import { close, closeSync, openSync, write, writeSync } from 'node:fs';
import { type Columns, rowsOf } from '../../model/columns.ts';
import type { ChunkSink, NameDefinition } from '../../model/recorder.ts';
import type { Schemas, TableName } from '../../model/schema.ts';
import { privateFile } from '../private-files.ts';
import { chunkBytes, encodeChunk, encodeEnd, encodeFileHead, encodeLog, encodeNames, encodeTexts } from './chunks.ts';
import { chunkHeadBytes, isRecordedFlag } from './layout.ts';

export interface FileSinkOptions {
  readonly backlogMax?: number;
  readonly isTransient?: boolean;
}

export class FileSink implements ChunkSink {
  /** Chunks for which the PE had to wait. */
  waits = 0;
  #file: number;
  readonly #path: string;
  readonly #isTransient: boolean;
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
    arrivals: [],
  };
  readonly #spareLogs: Uint8Array[] = [];
  #position = 0;
  #underWay = 0;
  #mustHurry = false;
  #error: Error | undefined;
  #onIdle: (() => void) | undefined;

  /** Creates the file, or empties it. @throws Error of the system */
  constructor(path: string, pe: number, { backlogMax = 16, isTransient = false }: FileSinkOptions = {}) {
    this.#path = path;
    this.#file = openSync(path, 'w', privateFile.mode);
    this.#isTransient = isTransient;
    this.#backlogMax = isTransient ? 0 : backlogMax;
    if (isTransient) closeSync(this.#file);
    this.#writeNow(encodeFileHead(pe, isRecordedFlag));
  }

  take<K extends TableName>(table: K, columns: Columns<Schemas[K]>, rows: number): Columns<Schemas[K]> {
    const spare = this.#spare[table];
    const memory = spare.pop() ?? new Uint8Array(chunkBytes(table, rowsOf(columns)));
    this.#write(encodeChunk(table, columns, rows, memory), () => spare.push(memory));
    return columns;
  }

  /** Words of the PE's log; they may be written over afterwards. */
  takeLog(words: Uint32Array): void {
    const bytes = chunkHeadBytes + words.byteLength + 8;
    let memory = this.#spareLogs.pop();
    if (memory === undefined || memory.length < bytes) memory = new Uint8Array(bytes);
    const taken = memory;
    this.#write(encodeLog(words, taken), () => this.#spareLogs.push(taken));
  }

  takeTexts(texts: readonly string[]): void {
    this.#write(encodeTexts(texts));
  }

  takeNames(names: readonly NameDefinition[]): void {
    this.#write(encodeNames(names));
  }

  /** From now on every write waits: the process is about to end. */
  hurry(): void {
    this.#mustHurry = true;
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
    if (!this.#isTransient) await new Promise<void>((resolve) => close(this.#file, () => resolve()));
    if (this.#error !== undefined) throw this.#error;
  }

  closeNow(): void {
    if (!this.#isTransient) closeSync(this.#file);
  }

  /** @param onDone when the bytes may be written over. */
  #write(bytes: Uint8Array, onDone?: () => void): void {
    if (this.#error !== undefined) return;
    if (this.#mustHurry || this.#underWay >= this.#backlogMax) {
      if (!this.#isTransient) this.waits++;
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
      if (this.#isTransient) this.#file = openSync(this.#path, 'r+');
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#file, bytes, done, bytes.length - done, position + done);
      if (this.#isTransient) closeSync(this.#file);
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
