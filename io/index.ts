/** Files that many chares write or read together: `charm4ts/io`. Programs export all of it: `export * from 'charm4ts/io'`. */
export type { FileAccess, OpenFile } from '../core/index.ts';
export { FileCursor, type OpenFileOptions, openFile, ReadableFile, ReadBuffer } from './read-file.ts';
export { type CreateFileOptions, createFile, WritableFile, WriteBuffer } from './write-file.ts';
