/** What the library asks of a file system; a subclass of a buffer chare may hand in another one. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

export interface OpenFile {
  /** Writes some of `bytes`, at least one; returns how many. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** Reads some bytes; 0 at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  size(): Promise<number>;
  /** All of it has reached the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileAccess {
  open(path: string, mode: 'create' | 'change' | 'read'): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

const flags = { create: 'wx', change: 'r+', read: 'r' } as const;

export const nodeFiles: FileAccess = {
  async open(path, mode) {
    const file = await open(path, flags[mode]);
    return {
      write: async (bytes, position) => (await file.write(bytes, 0, bytes.length, position)).bytesWritten,
      read: async (into, position) => (await file.read(into, 0, into.length, position)).bytesRead,
      size: async () => (await file.stat()).size,
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },
  rename,
  remove: (path) => rm(path, { force: true }),
};

/** Where a file is written until it is whole. */
export function asideOf(path: string): string {
  return `${path}.${randomUUID().slice(0, 8)}.part`;
}

/** Short writes are gone on with. */
export async function writeAll(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const written = await file.write(bytes.subarray(done), position + done);
    if (written <= 0) throw Object.assign(new Error('ENOSPC: nothing more can be written'), { code: 'ENOSPC' });
    done += written;
  }
}

/** As many bytes as there are, up to the length of `into`. */
export async function readAll(file: OpenFile, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const read = await file.read(into.subarray(done), position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

/** With the path, and the code of the file system. */
export function fileError(what: string, path: string, cause: unknown): Error {
  const { message = String(cause), code } = cause as { readonly message?: string; readonly code?: unknown };
  const error = new Error(`${path} can't be ${what}: ${message}`, { cause });
  return typeof code === 'string' ? Object.assign(error, { code }) : error;
}
