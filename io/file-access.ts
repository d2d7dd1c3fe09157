/** The file system of Node.js, and what the library does with any: that of a simulated machine, or one that a subclass of a buffer chare hands in. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { Charm, FileAccess, OpenFile } from '../core/index.ts';

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

/** Where a file is written until it is whole. The same again on a simulated disk, so that runs can be repeated. */
export function asideOf(charm: Charm, path: string): string {
  const unique = charm.files === undefined ? randomUUID() : Math.floor(charm.random() * 2 ** 32).toString(16);
  return `${path}.${unique.slice(0, 8)}.part`;
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
