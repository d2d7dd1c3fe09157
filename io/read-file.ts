/**
 * Reading one file by many chares: an array of buffer chares reads it in stripes, each when it is first wanted, and keeps the latest.
 *
 * A `FileCursor` is a place in a file. It is a plain value: kept in a field, it goes with its chare.
 */
import { type ArrayProxy, Chare, type Charm, type FileAccess, type OpenFile } from '../core/index.ts';
import { fileError, nodeFiles, readAll } from './file-access.ts';
import { checkSize } from './write-file.ts';

const mib = 1 << 20;
/** Stripes that a buffer keeps. */
const keptMax = 4;

export interface OpenFileOptions {
  /** Bytes that are read at once. Default: 4 MiB. */
  readonly stripeBytes?: number;
  /** Buffer chares. Default: one for each PE, or fewer for a short file. */
  readonly buffers?: number;
  /** Buffer chares of a class of your own, which the program exports. */
  readonly buffer?: typeof ReadBuffer;
}

/** A file that is open for reading. Can be sent to any chare. */
export class ReadableFile {
  readonly path: string;
  readonly size: number;
  readonly stripeBytes: number;
  readonly buffers: ArrayProxy<ReadBuffer, number>;

  constructor(path: string, size: number, stripeBytes: number, buffers: ArrayProxy<ReadBuffer, number>) {
    this.path = path;
    this.size = size;
    this.stripeBytes = stripeBytes;
    this.buffers = buffers;
  }

  /**
   * The bytes from `offset` on, `length` of them, or fewer at the end of the file. Cost: a message to and fro for each stripe.
   * @throws UsageError for a place that can't be; Error with the path if they can't be read
   */
  async read(offset: number, length: number): Promise<Uint8Array> {
    checkSize('offset', offset, 0);
    checkSize('length', length, 0);
    const end = Math.min(offset + length, this.size);
    const pieces: Promise<Uint8Array>[] = [];
    for (let from = offset; from < end; ) {
      const stripe = Math.floor(from / this.stripeBytes);
      const to = Math.min(end, (stripe + 1) * this.stripeBytes);
      pieces.push(this.buffers.at(stripe % this.buffers.size).ask.get(from, to));
      from = to;
    }
    if (pieces.length === 1) return pieces[0]!;
    const whole = new Uint8Array(Math.max(0, end - offset));
    let at = 0;
    for (const piece of await Promise.all(pieces)) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** A place in the file, from which reading goes on. */
  cursor(position = 0): FileCursor {
    return new FileCursor(this, position);
  }

  /** Closes it; a later read opens it again. */
  close(): void {
    this.buffers.all.closeFile();
  }
}

/** A place in a file; it travels with the chare that has it in a field. */
export class FileCursor {
  readonly file: ReadableFile;
  position: number;

  constructor(file: ReadableFile, position: number) {
    this.file = file;
    this.position = position;
  }

  get isAtEnd(): boolean {
    return this.position >= this.file.size;
  }

  /** The next bytes, fewer at the end; the place is behind them at once, so that several reads may be under way. */
  read(length: number): Promise<Uint8Array> {
    const { position } = this;
    this.position = Math.min(this.file.size, position + length);
    return this.file.read(position, length);
  }
}

/**
 * Opens a file for reading by any chare. The program exports the library's classes: `export * from 'charm4ts/io'`.
 * @throws Error with the path if there is no such file
 */
export async function openFile(charm: Charm, path: string, options: OpenFileOptions = {}): Promise<ReadableFile> {
  const { stripeBytes = 4 * mib, buffers = charm.pes, buffer = ReadBuffer } = options;
  checkSize('stripeBytes', stripeBytes, 1);
  checkSize('buffers', buffers, 1);
  const array = await charm.array(buffer, { size: buffers, args: [path, stripeBytes] });
  const size = await array.at(0).ask.sizeOf();
  return new ReadableFile(path, size, stripeBytes, array as unknown as ArrayProxy<ReadBuffer, number>);
}

/** Reads the stripes whose number is its index, modulo the number of buffers. */
export class ReadBuffer extends Chare<number> {
  private readonly path: string;
  private readonly stripeBytes: number;
  private readonly stripes = new Map<number, Promise<Uint8Array>>();
  private file: Promise<OpenFile> | undefined = undefined;

  constructor(path: string, stripeBytes: number) {
    super();
    this.path = path;
    this.stripeBytes = stripeBytes;
    this.setMigratable(false);
  }

  /** The file system; a subclass may have another one. */
  _files(): FileAccess {
    return this.charm.files ?? nodeFiles;
  }

  async sizeOf(): Promise<number> {
    return this._try(async () => (await this._open()).size());
  }

  /** The bytes `from` to `to` of the file, which are in one stripe; fewer at its end. */
  async get(from: number, to: number): Promise<Uint8Array> {
    const number = Math.floor(from / this.stripeBytes);
    const start = number * this.stripeBytes;
    let stripe = this.stripes.get(number);
    if (stripe === undefined) {
      stripe = this._load(start);
      this.stripes.set(number, stripe);
      const [oldest] = this.stripes.keys();
      if (this.stripes.size > keptMax) this.stripes.delete(oldest!);
      // Asked for again, it is tried again.
      stripe.catch(() => this.stripes.delete(number));
    }
    return (await stripe).slice(from - start, to - start);
  }

  _load(start: number): Promise<Uint8Array> {
    return this._try(async () => {
      const bytes = new Uint8Array(this.stripeBytes);
      return bytes.subarray(0, await readAll(await this._open(), bytes, start));
    });
  }

  _open(): Promise<OpenFile> {
    if (this.file !== undefined) return this.file;
    const file = this._files().open(this.path, 'read');
    this.file = file;
    file.catch(() => {
      if (this.file === file) this.file = undefined;
    });
    return file;
  }

  async _try<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await this.charm.track(action());
    } catch (cause) {
      throw fileError('read', this.path, cause);
    }
  }

  async closeFile(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    this.stripes.clear();
    await this.charm.track(Promise.resolve(file).then((open) => open?.close())).catch(() => undefined);
  }
}
