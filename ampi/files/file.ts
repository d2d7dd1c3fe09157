/**
 * `File`: MPI-IO. Every rank reads and writes the file itself, at the places that its view shows; the operating system puts
 * it together. Offsets count in items of the view's etype.
 *
 *  - The shared pointer is a number in a window of rank 0, which is fetched and added to in one step.
 *  - Collective calls end with a barrier, so that what was written is there for all.
 *  - Files are those of the machine or, in the simulator, of its disk.
 *
 * Not handled: other data representations than the machine's own.
 */
import { truncate } from 'node:fs/promises';
import type { FileAccess, OpenFile } from '../../core/index.ts';
import { fileError, nodeFiles, readAll, writeAll } from '../../io/file-access.ts';
import { SUM } from '../collectives/op.ts';
import type { Group } from '../comm/group.ts';
import { Info } from '../comm/info.ts';
import type { Comm } from '../comm/intracomm.ts';
import type { Datatype } from '../datatype/datatype.ts';
import { type Buf, bytesOf, Place } from '../datatype/place.ts';
import { ERRORS_RETURN, type ErrorClassName, type ErrorHandler, MpiError } from '../errors.ts';
import { PromiseRequest, type Request } from '../messages/request.ts';
import { Status } from '../messages/status.ts';
import type { Window } from '../window/window.ts';
import { Mode } from './mode.ts';
import { View } from './view.ts';

export type Whence = 'set' | 'current' | 'end';

export class File {
  readonly comm: Comm;
  readonly path: string;
  readonly amode: number;
  private readonly files: FileAccess;
  private readonly file: OpenFile;
  private readonly pointer: Window;
  private view = new View();
  /** Of this rank's own pointer, in items of the etype. */
  private position = 0;
  private isAtomic = false;
  private handler: ErrorHandler = ERRORS_RETURN;
  private hints = new Info();
  /** What a split collective operation has begun. */
  private begun: Promise<Status> | undefined = undefined;

  /** @internal */
  constructor(comm: Comm, path: string, amode: number, files: FileAccess, file: OpenFile, pointer: Window) {
    this.comm = comm;
    this.path = path;
    this.amode = amode;
    this.files = files;
    this.file = file;
    this.pointer = pointer;
  }

  // ---- at an offset ----

  async readAt(offset: number, buf: Buf): Promise<Status> {
    return this.transfer(Place.of(buf), offset, true);
  }

  async writeAt(offset: number, buf: Buf): Promise<Status> {
    return this.transfer(Place.of(buf), offset, false);
  }

  readAtAll(offset: number, buf: Buf): Promise<Status> {
    return this.together(this.readAt(offset, buf));
  }

  writeAtAll(offset: number, buf: Buf): Promise<Status> {
    return this.together(this.writeAt(offset, buf));
  }

  ireadAt(offset: number, buf: Buf): Request {
    return this.later('ireadAt', this.readAt(offset, buf));
  }

  iwriteAt(offset: number, buf: Buf): Request {
    return this.later('iwriteAt', this.writeAt(offset, buf));
  }

  ireadAtAll(offset: number, buf: Buf): Request {
    return this.later('ireadAtAll', this.readAtAll(offset, buf));
  }

  iwriteAtAll(offset: number, buf: Buf): Request {
    return this.later('iwriteAtAll', this.writeAtAll(offset, buf));
  }

  // ---- at this rank's pointer ----

  async read(buf: Buf): Promise<Status> {
    const place = Place.of(buf);
    return this.transfer(place, this.advance(place), true);
  }

  async write(buf: Buf): Promise<Status> {
    const place = Place.of(buf);
    return this.transfer(place, this.advance(place), false);
  }

  readAll(buf: Buf): Promise<Status> {
    return this.together(this.read(buf));
  }

  writeAll(buf: Buf): Promise<Status> {
    return this.together(this.write(buf));
  }

  iread(buf: Buf): Request {
    return this.later('iread', this.read(buf));
  }

  iwrite(buf: Buf): Request {
    return this.later('iwrite', this.write(buf));
  }

  ireadAll(buf: Buf): Request {
    return this.later('ireadAll', this.readAll(buf));
  }

  iwriteAll(buf: Buf): Request {
    return this.later('iwriteAll', this.writeAll(buf));
  }

  // ---- at the shared pointer ----

  async readShared(buf: Buf): Promise<Status> {
    const place = Place.of(buf);
    return this.transfer(place, await this.advanceShared(this.itemsOf(place)), true);
  }

  async writeShared(buf: Buf): Promise<Status> {
    const place = Place.of(buf);
    return this.transfer(place, await this.advanceShared(this.itemsOf(place)), false);
  }

  ireadShared(buf: Buf): Request {
    return this.later('ireadShared', this.readShared(buf));
  }

  iwriteShared(buf: Buf): Request {
    return this.later('iwriteShared', this.writeShared(buf));
  }

  /** One after another, in the order of ranks. Collective. */
  async readOrdered(buf: Buf): Promise<Status> {
    const place = Place.of(buf);
    return this.together(this.transfer(place, await this.inOrder(place), true));
  }

  async writeOrdered(buf: Buf): Promise<Status> {
    const place = Place.of(buf);
    return this.together(this.transfer(place, await this.inOrder(place), false));
  }

  // ---- split collective operations: one at a time ----

  readAtAllBegin(offset: number, buf: Buf): void {
    this.begin(() => this.readAtAll(offset, buf));
  }

  writeAtAllBegin(offset: number, buf: Buf): void {
    this.begin(() => this.writeAtAll(offset, buf));
  }

  readAllBegin(buf: Buf): void {
    this.begin(() => this.readAll(buf));
  }

  writeAllBegin(buf: Buf): void {
    this.begin(() => this.writeAll(buf));
  }

  readOrderedBegin(buf: Buf): void {
    this.begin(() => this.readOrdered(buf));
  }

  writeOrderedBegin(buf: Buf): void {
    this.begin(() => this.writeOrdered(buf));
  }

  /** Ends any of them. */
  end(): Promise<Status> {
    const { begun } = this;
    if (begun === undefined) throw this.fail(new MpiError('REQUEST', 'no split collective operation has been begun'));
    this.begun = undefined;
    return begun;
  }

  private begin(work: () => Promise<Status>): void {
    if (this.begun !== undefined)
      throw this.fail(new MpiError('REQUEST', 'a file has one split collective operation at a time'));
    this.begun = work();
  }

  // ---- pointers and views ----

  async seek(offset: number, whence: Whence = 'set'): Promise<void> {
    this.position = await this.sought(offset, whence, this.position);
  }

  /** All ranks give the same. Collective. */
  async seekShared(offset: number, whence: Whence = 'set'): Promise<void> {
    const to = await this.sought(offset, whence, await this.getPositionShared());
    await this.comm.barrier();
    if (this.comm.rank === 0) (this.pointer.base as Float64Array)[0] = to;
    await this.comm.barrier();
  }

  private async sought(offset: number, whence: Whence, now: number): Promise<number> {
    const end = whence === 'end' ? Math.floor(this.view.bytesBelow(await this.getSize()) / this.view.etype.size) : 0;
    const to = offset + (whence === 'current' ? now : end);
    if (to < 0) throw this.fail(new MpiError('ARG', `a file is sought to ${to}, before its begin`));
    return to;
  }

  getPosition(): number {
    return this.position;
  }

  getPositionShared(): Promise<number> {
    return this.advanceShared(0);
  }

  getByteOffset(offset: number): number {
    return this.view.byteOffset(offset);
  }

  /** What this rank sees of the file from now on; pointers go to its begin. Collective. */
  async setView(disp: number, etype: Datatype, filetype: Datatype = etype, datarep = 'native'): Promise<void> {
    if (datarep !== 'native')
      throw this.fail(
        new MpiError('UNSUPPORTED_DATAREP', `${datarep}; files are in the representation of the machine (native)`),
      );
    this.view = new View(disp, etype, filetype);
    this.position = 0;
    await this.seekShared(0);
  }

  getView(): {
    readonly disp: number;
    readonly etype: Datatype;
    readonly filetype: Datatype;
    readonly datarep: string;
  } {
    const { disp, etype, filetype } = this.view;
    return { disp, etype, filetype, datarep: 'native' };
  }

  // ---- the file ----

  getSize(): Promise<number> {
    return this.act('read', () => this.file.size());
  }

  /** Collective. */
  async setSize(bytes: number): Promise<void> {
    if (this.comm.rank === 0) {
      const size = await this.getSize();
      if (bytes > size) await this.act('written', () => writeAll(this.file, new Uint8Array(1), bytes - 1));
      else if (bytes < size && this.files === nodeFiles) await this.act('truncated', () => truncate(this.path, bytes));
      else if (bytes < size)
        throw this.fail(new MpiError('UNSUPPORTED_OPERATION', 'a simulated disk does not truncate files'));
    }
    await this.comm.barrier();
  }

  async preallocate(bytes: number): Promise<void> {
    if (bytes > (await this.getSize())) await this.setSize(bytes);
    else await this.comm.barrier();
  }

  getAmode(): number {
    return this.amode;
  }

  getGroup(): Group {
    return this.comm.getGroup();
  }

  getTypeExtent(type: Datatype): number {
    return type.extent;
  }

  /** Writes of one rank are whole for the others anyway, as far as the file system makes them so. */
  setAtomicity(isAtomic: boolean): void {
    this.isAtomic = isAtomic;
  }

  getAtomicity(): boolean {
    return this.isAtomic;
  }

  /** What was written is on the disk. Collective. */
  async sync(): Promise<void> {
    await this.act('written', () => this.file.sync());
    await this.comm.barrier();
  }

  setInfo(info: Info): void {
    this.hints = info.dup();
  }

  getInfo(): Info {
    return this.hints.dup();
  }

  setErrhandler(handler: ErrorHandler): void {
    this.handler = handler;
  }

  getErrhandler(): ErrorHandler {
    return this.handler;
  }

  callErrhandler(error: MpiError): void {
    const thrown = this.fail(error);
    if (typeof this.handler !== 'function') throw thrown;
  }

  /** Collective. */
  async close(): Promise<void> {
    await this.act('closed', () => this.file.close());
    await this.pointer.free();
    if ((this.amode & Mode.DELETE_ON_CLOSE) !== 0 && this.comm.rank === 0)
      await this.act('removed', () => this.files.remove(this.path));
    await this.comm.barrier();
  }

  // ---- inside ----

  private itemsOf(place: Place): number {
    const { etype } = this.view;
    if (place.bytes % etype.size !== 0)
      throw this.fail(new MpiError('TYPE', `${place.bytes} bytes are no whole number of items of ${etype.size} bytes`));
    return place.bytes / etype.size;
  }

  private advance(place: Place): number {
    if ((this.amode & Mode.SEQUENTIAL) !== 0)
      throw this.fail(new MpiError('UNSUPPORTED_OPERATION', 'a sequential file has only the shared pointer'));
    const at = this.position;
    this.position += this.itemsOf(place);
    return at;
  }

  private async advanceShared(items: number): Promise<number> {
    const before = new Float64Array(1);
    await this.pointer.lock('shared', 0);
    this.pointer.fetchAndOp(new Float64Array([items]), before, 0, 0, SUM);
    await this.pointer.unlock(0);
    return before[0]!;
  }

  private async inOrder(place: Place): Promise<number> {
    const items = new Float64Array([this.itemsOf(place)]);
    const before = new Float64Array(1);
    await this.comm.exscan(items, before, SUM);
    const total = new Float64Array(1);
    await this.comm.allreduce(items, total, SUM);
    const begin = new Float64Array([this.comm.rank === 0 ? await this.advanceShared(total[0]!) : 0]);
    await this.comm.bcast(begin, 0);
    return begin[0]! + (this.comm.rank === 0 ? 0 : before[0]!);
  }

  private async transfer(place: Place, offset: number, isRead: boolean): Promise<Status> {
    this.checkMode(isRead);
    if (!(offset >= 0)) throw this.fail(new MpiError('ARG', `the offset ${offset} in ${this.path}`));
    const from = offset * this.view.etype.size;
    const extents = this.view.extents(from, place.bytes);
    const status = Status.empty();
    const bytes = isRead ? new Uint8Array(place.bytes) : bytesOf(place.payload());
    let done = 0;
    for (const extent of extents) {
      const part = bytes.subarray(done, done + extent.bytes);
      if (isRead) {
        const got = await this.act('read', () => readAll(this.file, part, extent.at));
        done += got;
        if (got < extent.bytes) break;
      } else {
        await this.act('written', () => writeAll(this.file, part, extent.at));
        done += extent.bytes;
      }
    }
    if (isRead) place.fill(bytes.subarray(0, done));
    status.bytes = done;
    return status;
  }

  private checkMode(isRead: boolean): void {
    const forbidden = isRead ? Mode.WRONLY : Mode.RDONLY;
    if ((this.amode & forbidden) === 0) return;
    const [what, mode] = isRead ? ['read', 'WRONLY'] : ['written', 'RDONLY'];
    throw this.fail(
      new MpiError(isRead ? 'ACCESS' : 'READ_ONLY', `${this.path} can't be ${what}: it was opened with ${mode}`),
    );
  }

  private async together(work: Promise<Status>): Promise<Status> {
    const status = await work;
    await this.comm.barrier();
    return status;
  }

  private act<T>(what: string, action: () => Promise<T>): Promise<T> {
    return this.comm.mpi.charm.track(action()).catch((cause: unknown) => {
      throw this.fail(fileFailure(what, this.path, cause));
    });
  }

  private later(what: string, work: Promise<Status>): Request {
    return new PromiseRequest(this.comm.engine, this, what, work);
  }

  private fail(error: MpiError): MpiError {
    return this.comm.mpi.raise(this, error);
  }
}

const classes: Readonly<Record<string, ErrorClassName>> = {
  ENOENT: 'NO_SUCH_FILE',
  EEXIST: 'FILE_EXISTS',
  EACCES: 'ACCESS',
  EPERM: 'ACCESS',
  EROFS: 'READ_ONLY',
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'QUOTA',
  EISDIR: 'BAD_FILE',
  ENOTDIR: 'BAD_FILE',
  ENAMETOOLONG: 'BAD_FILE',
};

export function fileFailure(what: string, path: string, cause: unknown): MpiError {
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  const name = (typeof code === 'string' ? classes[code] : undefined) ?? 'IO';
  return new MpiError(name, fileError(what, path, cause).message, { cause });
}
