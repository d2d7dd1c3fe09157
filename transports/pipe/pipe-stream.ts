/** A stream of bytes both ways, made of a pipe for each way. What is written before they are there waits. */
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';

type Done = (error?: Error | null) => void;

export class PipeStream extends Duplex {
  #reader: Socket | undefined;
  #writer: Socket | undefined;
  #isUnref = false;
  #isReading = false;
  /** Bytes at the beginning that are the carrier's. */
  #toSkip = 0;
  #onOpened: () => void = () => undefined;

  constructor() {
    super({ allowHalfOpen: true });
    this.cork();
  }

  /** `skipped` bytes come before the stream's own; `opened` is called when they have come. The descriptors are the stream's. */
  attach(readFd: number, writeFd: number, skipped = 0, opened: () => void = () => undefined): void {
    this.#toSkip = skipped;
    this.#onOpened = opened;
    const reader = new Socket({ fd: readFd, readable: true, writable: false });
    const writer = new Socket({ fd: writeFd, readable: false, writable: true });
    this.#reader = reader;
    this.#writer = writer;
    reader.on('data', (data: Buffer) => this.#take(data)).on('end', () => this.push(null));
    for (const socket of [reader, writer]) {
      socket.on('error', (error) => this.destroy(error));
      if (this.#isUnref) socket.unref();
    }
    if (!this.#isReading && skipped === 0) reader.pause();
    this.uncork();
  }

  unref(): void {
    this.#isUnref = true;
    this.#reader?.unref();
    this.#writer?.unref();
  }

  #take(data: Buffer): void {
    if (this.#toSkip > 0) {
      const skipped = Math.min(this.#toSkip, data.length);
      this.#toSkip -= skipped;
      if (this.#toSkip === 0) this.#onOpened();
      data = data.subarray(skipped);
    }
    if (data.length > 0) this.#isReading = this.push(data);
    if (!this.#isReading && this.#toSkip === 0) this.#reader!.pause();
  }

  override _read(): void {
    this.#isReading = true;
    this.#reader?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#writer!.write(chunk, (error) => done(error));
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: Done): void {
    const writer = this.#writer!;
    writer.cork();
    for (const [i, { chunk }] of chunks.entries()) {
      if (i < chunks.length - 1) writer.write(chunk);
      else writer.write(chunk, (error) => done(error));
    }
    writer.uncork();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#reader?.destroy();
    this.#writer?.destroy();
    done(error);
  }
}
