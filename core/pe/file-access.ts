/** A file system as the runtime's libraries use it: what Node.js offers, or the disk of a simulated machine. */

export interface OpenFile {
  /** Writes some of `bytes`, at least one; returns how many. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** Reads some bytes; 0 at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  size(): Promise<number>;
  /** What this machine has written to it has reached the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileAccess {
  open(path: string, mode: 'create' | 'change' | 'read'): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}
