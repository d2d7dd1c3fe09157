/**
 * The disk of a simulated job: one file system, in memory, that all its hosts see (charm4ts/io asks for that).
 *
 *  1. An operation takes latency, bytes / rate, and what a slow disk adds. The operations of a host come one after the other.
 *  2. What is written can be read at once, by everybody. It is on the disk when the node that wrote it has synchronised the
 *     file; when the node crashes before, each of its writes may be torn: only a prefix of it is there.
 *  3. Errors (EIO), short writes, torn writes and damaged bytes are drawn from a source of their own, in the safety phase only.
 *     A write that fails has perhaps written a part. A write to a full disk takes in what there is room for, then fails with ENOSPC.
 *  4. Renames and removals are whole and lasting at once. Every folder exists. A file that is not there, but is on this
 *     machine, is read from it when it is opened; nothing is ever written to this machine.
 *
 * Invariant: the same operations in the same order have the same results after the same time.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Random } from '../../core/base/random.ts';
import type { FileAccess, OpenFile } from '../../core/pe/file-access.ts';
import type { DiskFaults } from '../../transports/sim/faults/fault-options.ts';
import type { DiskDescription } from '../../transports/sim/network-description.ts';

/** Of a disk that nobody has described: an SSD behind a network. */
const defaultDisk: DiskDescription = { latencyUs: 100, bytesPerSecond: 500e6 };

export interface DiskCounts {
  operations: number;
  /** That failed with EIO; with ENOSPC. */
  errors: number;
  full: number;
  short: number;
  /** Writes of which a crash left a part. */
  torn: number;
  /** Reads with a damaged byte. */
  rotten: number;
}

/** What the disk needs of a PE. */
export interface DiskUser {
  readonly now: number;
  after(delayMs: number, action: () => void): unknown;
}

/** A write that has not been synchronised. */
interface Change {
  readonly node: number;
  readonly at: number;
  readonly end: number;
  /** What stood there; shorter where there was nothing. */
  readonly before: Uint8Array;
}

class SimFile {
  #bytes: Uint8Array;
  length: number;
  changes: Change[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.length = bytes.length;
  }

  part(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(Math.min(from, this.length), Math.min(to, this.length));
  }

  put(bytes: Uint8Array, at: number): void {
    const end = at + bytes.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      larger.set(this.part(0, this.length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, at);
    this.length = Math.max(this.length, end);
  }

  /** Leaves the first `kept` bytes of a write. */
  tear({ at, end, before }: Change, kept: number): void {
    this.#bytes.fill(0, at + kept, end);
    this.#bytes.set(before.subarray(kept), at + Math.min(kept, before.length));
    if (this.length === end) this.length = Math.max(at + kept, at + before.length);
  }
}

export class SimDisk {
  readonly counts: DiskCounts = { operations: 0, errors: 0, full: 0, short: 0, torn: 0, rotten: 0 };
  /** The safety phase has ended. */
  isOver = false;
  readonly #description: DiskDescription;
  readonly #faults: DiskFaults;
  readonly #random: Random;
  readonly #files = new Map<string, SimFile>();
  /** When each host's last operation ends. */
  readonly #busyUntil: number[] = [];

  constructor(
    description: DiskDescription | undefined,
    faults: DiskFaults,
    random: Random,
    files: ReadonlyMap<string, Uint8Array> = new Map(),
  ) {
    this.#description = description ?? defaultDisk;
    this.#faults = faults;
    this.#random = random;
    for (const [path, bytes] of files) this.#files.set(path, new SimFile(bytes.slice()));
  }

  /** All that is there. */
  get files(): Map<string, Uint8Array> {
    return new Map([...this.#files].map(([path, file]) => [path, file.part(0, file.length).slice()]));
  }

  /** The file system as a PE sees it. */
  accessOf(user: DiskUser, host: number, node: number): FileAccess {
    const act = <T>(bytes: number, action: () => T): Promise<T> => this.#act(user, host, bytes, action);
    return {
      open: (path, mode) =>
        act(0, () => {
          this.#mayFail('open');
          return this.#handle(this.#find(path, mode), node, act);
        }),
      rename: (from, to) =>
        act(0, () => {
          this.#mayFail('rename');
          this.#files.set(to, this.#find(from, 'change'));
          this.#files.delete(from);
        }),
      remove: (path) =>
        act(0, () => {
          this.#files.delete(path);
        }),
    };
  }

  /** A node crashes: what it has not synchronised may be torn. */
  crash(node: number): void {
    for (const file of this.#files.values()) {
      const mine = file.changes.filter((change) => change.node === node).reverse();
      file.changes = file.changes.filter((change) => change.node !== node);
      for (const change of mine) {
        if (!this.#happens(this.#faults.torn)) continue;
        this.counts.torn++;
        file.tear(change, this.#below(change.end - change.at));
      }
    }
  }

  // ---- operations ----

  /** Happens now, and is heard of later. */
  #act<T>(user: DiskUser, host: number, bytes: number, action: () => T): Promise<T> {
    const { latencyUs, bytesPerSecond } = this.#description;
    const { now } = user;
    const end =
      Math.max(now, this.#busyUntil[host] ?? 0) + latencyUs * 1e-6 + bytes / bytesPerSecond + this.#slowness();
    this.#busyUntil[host] = end;
    this.counts.operations++;
    return new Promise((resolve, reject) => {
      const settle = this.#outcome(action, resolve, reject);
      user.after((end - now) * 1000, settle);
    });
  }

  #outcome<T>(action: () => T, resolve: (value: T) => void, reject: (error: unknown) => void): () => void {
    try {
      const value = action();
      return () => resolve(value);
    } catch (error) {
      return () => reject(error);
    }
  }

  #find(path: string, mode: 'create' | 'change' | 'read'): SimFile {
    let file = this.#files.get(path);
    if (mode === 'create') {
      if (file !== undefined || existsSync(path)) throw failure('EEXIST', `file already exists, open '${path}'`);
      file = new SimFile(new Uint8Array(0));
    } else file ??= new SimFile(readFileSync(path));
    // What is only read takes no room.
    if (mode !== 'read') this.#files.set(path, file);
    return file;
  }

  #handle(file: SimFile, node: number, act: <T>(bytes: number, action: () => T) => Promise<T>): OpenFile {
    return {
      write: (bytes, position) => act(bytes.length, () => this.#write(file, node, bytes, position)),
      read: (into, position) => act(into.length, () => this.#read(file, into, position)),
      size: () => act(0, () => file.length),
      sync: () =>
        act(0, () => {
          this.#mayFail('fsync');
          file.changes = file.changes.filter((change) => change.node !== node);
        }),
      close: () => Promise.resolve(),
    };
  }

  #write(file: SimFile, node: number, bytes: Uint8Array, position: number): number {
    const room = this.#room() + Math.max(0, file.length - position);
    if (bytes.length > 0 && room <= 0) {
      this.counts.full++;
      throw failure('ENOSPC', 'no space left on device, write');
    }
    const hasFailed = this.#happens(this.#faults.error);
    let length = Math.min(bytes.length, room);
    if (hasFailed) length = this.#below(length + 1);
    else if (length > 1 && this.#happens(this.#faults.short)) length = 1 + this.#below(length - 1);
    this.#put(file, node, bytes.subarray(0, length), position);
    if (hasFailed) this.#fail('write');
    if (length < bytes.length) this.counts.short++;
    return length;
  }

  #put(file: SimFile, node: number, bytes: Uint8Array, at: number): void {
    const end = at + bytes.length;
    if (this.#faults.torn > 0 && bytes.length > 0)
      file.changes.push({ node, at, end, before: file.part(at, end).slice() });
    file.put(bytes, at);
  }

  #read(file: SimFile, into: Uint8Array, position: number): number {
    this.#mayFail('read');
    const bytes = file.part(position, position + into.length);
    into.set(bytes);
    if (bytes.length > 0 && this.#happens(this.#faults.rot)) {
      this.counts.rotten++;
      into[this.#below(bytes.length)]! ^= 1 << this.#below(8);
    }
    return bytes.length;
  }

  /** Bytes that the disk can still take in. */
  #room(): number {
    const { bytes = Number.POSITIVE_INFINITY } = this.#description;
    const { fullBytes } = this.#faults;
    const limit = fullBytes === 0 || this.isOver ? bytes : Math.min(bytes, fullBytes);
    if (limit === Number.POSITIVE_INFINITY) return limit;
    let used = 0;
    for (const { length } of this.#files.values()) used += length;
    return limit - used;
  }

  // ---- drawing ----

  #happens(share: number): boolean {
    return share > 0 && !this.isOver && this.#random.next() < share;
  }

  #below(bound: number): number {
    return Math.floor(this.#random.next() * bound);
  }

  /** Seconds that a slow disk takes longer. */
  #slowness(): number {
    const { latencyMs } = this.#faults;
    return latencyMs === 0 || this.isOver ? 0 : (-Math.log(1 - this.#random.next()) * latencyMs) / 1000;
  }

  #mayFail(call: string): void {
    if (this.#happens(this.#faults.error)) this.#fail(call);
  }

  #fail(call: string): never {
    this.counts.errors++;
    throw failure('EIO', `i/o error, ${call}`);
  }
}

/** As Node.js words it. */
function failure(code: string, text: string): Error {
  return Object.assign(new Error(`${code}: ${text}`), { code });
}

/** Is any of it on? */
export function hasDiskFaults(faults: DiskFaults): boolean {
  return Object.values(faults).some((value) => value !== 0);
}
