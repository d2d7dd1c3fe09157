/**
 * Writing one file from many chares.
 *
 *  1. `createFile` makes an array of buffer chares; element 0 creates a file aside.
 *  2. The file is divided into stripes, dealt out to the buffers in turn. A write is cut at their borders, and each piece sent
 *     to its stripe's buffer.
 *  3. A stripe that is complete is written in one go. Each buffer tells element 0 of its bytes, and synchronises the file before it
 *     tells of its last ones: on a file system that machines share, a sync is for what its own machine has written. When all
 *     bytes are there the file is synchronised once more, and renamed to what it shall be called.
 *  4. The first error ends it: the file aside is removed, and `finished` rejects. What comes later is dropped.
 *
 * Invariant: each byte is written once. A byte that comes twice, or is out of range, is an error.
 */
import { type ArrayProxy, Chare, type Charm, type FileAccess, type OpenFile, UsageError } from '../core/index.ts';
import { asideOf, fileError, nodeFiles, writeAll } from './file-access.ts';

const mib = 1 << 20;

export interface CreateFileOptions {
  /** Length of the file; all of it must be written. */
  readonly bytes: number;
  /** Bytes that are gathered before they are written. Default: 4 MiB. */
  readonly stripeBytes?: number;
  /** Buffer chares. Default: one for each PE, or fewer for a short file. */
  readonly buffers?: number;
  /** Buffer chares of a class of your own, which the program exports. */
  readonly buffer?: typeof WriteBuffer;
}

/** A stripe that is being gathered. */
interface Stripe {
  readonly bytes: Uint8Array;
  /** Ranges that have come, in order, apart from each other. */
  readonly ranges: [from: number, to: number][];
  missing: number;
}

/** A file that is being written. Can be sent to any chare. */
export class WritableFile {
  readonly path: string;
  readonly bytes: number;
  readonly stripeBytes: number;
  readonly buffers: ArrayProxy<WriteBuffer, number>;

  constructor(path: string, bytes: number, stripeBytes: number, buffers: ArrayProxy<WriteBuffer, number>) {
    this.path = path;
    this.bytes = bytes;
    this.stripeBytes = stripeBytes;
    this.buffers = buffers;
  }

  /**
   * Writes bytes at an offset; any chare may, in any order. They must not change any more. Cost: a message for each stripe.
   * @throws UsageError if they are not within the file
   */
  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (!Number.isInteger(offset) || offset < 0 || end > this.bytes)
      throw new UsageError(`${this.path}: bytes ${offset} to ${end} are not within its ${this.bytes} bytes`);
    for (let from = offset; from < end; ) {
      const stripe = Math.floor(from / this.stripeBytes);
      const to = Math.min(end, (stripe + 1) * this.stripeBytes);
      this.buffers.at(stripe % this.buffers.size).put(from, bytes.subarray(from - offset, to - offset));
      from = to;
    }
  }

  /** Resolves when every byte has been written and the file has its name. Rejects with the first error, which names the path. */
  finished(): Promise<void> {
    return this.buffers.at(0).ask.finished();
  }

  /** Gives up: what has been written is removed, and `finished` rejects. */
  abandon(): void {
    this.buffers.at(0).failed(new Error(`${this.path} was abandoned`));
  }
}

/**
 * Begins to write a file of `bytes` bytes. The program exports the library's classes: `export * from 'charm4ts/io'`. The file
 * appears under its name when it is whole.
 * @throws UsageError for impossible sizes; Error if the file can't be created
 */
export async function createFile(charm: Charm, path: string, options: CreateFileOptions): Promise<WritableFile> {
  const { bytes, stripeBytes = 4 * mib, buffer = WriteBuffer } = options;
  checkSize('bytes', bytes, 0);
  checkSize('stripeBytes', stripeBytes, 1);
  const stripes = Math.max(1, Math.ceil(bytes / stripeBytes));
  const buffers = Math.min(options.buffers ?? charm.pes, stripes);
  checkSize('buffers', buffers, 1);
  const aside = asideOf(charm, path);
  const array = await charm.array(buffer, { size: buffers, args: [path, aside, bytes, stripeBytes] });
  await array.at(0).ask.create();
  return new WritableFile(path, bytes, stripeBytes, array as unknown as ArrayProxy<WriteBuffer, number>);
}

export function checkSize(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new UsageError(`${name} must be an integer from ${least} on, not ${value}`);
}

/** Gathers the stripes whose number is its index, modulo the number of buffers. */
export class WriteBuffer extends Chare<number> {
  private readonly path: string;
  private readonly aside: string;
  private readonly bytes: number;
  private readonly stripeBytes: number;
  private readonly stripes = new Map<number, Stripe>();
  private readonly complete = new Set<number>();
  private writtenStripes = 0;
  private file: Promise<OpenFile> | undefined = undefined;
  /** Of element 0. */
  private written = 0;
  private error: unknown = undefined;
  private isFinished = false;
  private hasFailed = false;
  private readonly waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];

  constructor(path: string, aside: string, bytes: number, stripeBytes: number) {
    super();
    this.path = path;
    this.aside = aside;
    this.bytes = bytes;
    this.stripeBytes = stripeBytes;
    // It has files open.
    this.setMigratable(false);
  }

  /** The file system; a subclass may have another one. */
  _files(): FileAccess {
    return this.charm.files ?? nodeFiles;
  }

  async create(): Promise<void> {
    try {
      this.file = this._files().open(this.aside, 'create');
      await this.charm.track(this.file);
    } catch (cause) {
      this.hasFailed = true;
      throw fileError('created', this.path, cause);
    }
    if (this.bytes === 0) await this._finish();
  }

  async put(offset: number, bytes: Uint8Array): Promise<void> {
    if (this.hasFailed) return;
    const number = Math.floor(offset / this.stripeBytes);
    try {
      if (this.complete.has(number)) throw twice(offset, offset + bytes.length);
      const stripe = this.stripes.get(number) ?? this._newStripe(number);
      gather(stripe, offset - number * this.stripeBytes, bytes, offset);
      if (stripe.missing > 0) return;
      this.stripes.delete(number);
      this.complete.add(number);
      this.file ??= this._files().open(this.aside, 'change');
      const file = await this.charm.track(this.file);
      await this.charm.track(writeAll(file, stripe.bytes, number * this.stripeBytes));
      this.writtenStripes++;
      if (this.writtenStripes === this._ownStripes()) await this.charm.track(file.sync());
      this.array.at(0).wrote(stripe.bytes.length);
    } catch (cause) {
      this.array.at(0).failed(fileError('written', this.path, cause));
    }
  }

  /** How many stripes are this buffer's. */
  _ownStripes(): number {
    return Math.ceil((Math.ceil(this.bytes / this.stripeBytes) - this.index) / this.array.size);
  }

  _newStripe(number: number): Stripe {
    const length = Math.min(this.stripeBytes, this.bytes - number * this.stripeBytes);
    const stripe: Stripe = { bytes: new Uint8Array(length), ranges: [], missing: length };
    this.stripes.set(number, stripe);
    return stripe;
  }

  async wrote(bytes: number): Promise<void> {
    this.written += bytes;
    if (this.written === this.bytes && !this.hasFailed) await this._finish();
  }

  async _finish(): Promise<void> {
    try {
      const file = await this.file!;
      await this.charm.track(file.sync());
      await this.charm.track(this._files().rename(this.aside, this.path));
      this.isFinished = true;
      this.array.all.closeFile();
      for (const { resolve } of this.waiting.splice(0)) resolve();
    } catch (cause) {
      this.failed(fileError('written', this.path, cause));
    }
  }

  /** Something went wrong; the first error is the one. */
  failed(error: unknown): void {
    if (this.hasFailed || this.isFinished) return;
    this.hasFailed = true;
    this.error = error;
    this.array.all.closeFile();
    void this.charm.track(this._files().remove(this.aside)).catch(() => undefined);
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }

  finished(): Promise<void> {
    if (this.isFinished) return Promise.resolve();
    if (this.hasFailed) return Promise.reject(this.error);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  async closeFile(): Promise<void> {
    this.hasFailed ||= !this.isFinished && this.index !== 0;
    this.stripes.clear();
    const { file } = this;
    this.file = undefined;
    // Trouble with it has been told.
    await this.charm.track(Promise.resolve(file).then((open) => open?.close())).catch(() => undefined);
  }
}

/** Takes in a piece at `at` of the stripe; `offset` is where that is in the file. */
function gather(stripe: Stripe, at: number, bytes: Uint8Array, offset: number): void {
  const { ranges } = stripe;
  const to = at + bytes.length;
  let i = ranges.findIndex(([, end]) => end >= at);
  if (i === -1) i = ranges.length;
  const next = ranges[i];
  const after = next !== undefined && next[1] === at ? ranges[i + 1] : next;
  if (after !== undefined && after[0] < to) throw twice(offset, offset + bytes.length);
  stripe.bytes.set(bytes, at);
  stripe.missing -= bytes.length;
  if (next !== undefined && next[1] === at) {
    next[1] = to;
    if (after?.[0] === to) {
      next[1] = after[1];
      ranges.splice(i + 1, 1);
    }
  } else if (next?.[0] === to) next[0] = at;
  else ranges.splice(i, 0, [at, to]);
}

function twice(from: number, to: number): UsageError {
  return new UsageError(`some of the bytes ${from} to ${to} are written twice`);
}
