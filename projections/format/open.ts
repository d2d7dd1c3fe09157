/** Opens whatever trace there is. */
import { readdir, stat } from 'node:fs/promises';
import { TraceError } from '../errors.ts';
import type { Trace } from '../model/trace.ts';
import type { ReadOptions } from './options.ts';
import { readOriginal } from './original/read.ts';
import { headSuffix } from './own/layout.ts';
import { readOwn } from './own/read.ts';

/**
 * @param path A directory with one trace, or the head of one: `NAME.trace.json` of our own, `NAME.sts` of Charm++.
 * @throws TraceError if there is none, or it cannot be read. Files that are damaged are problems of the trace.
 */
export async function openTrace(path: string, options: ReadOptions = {}): Promise<Trace> {
  return (await isOwn(path)) ? readOwn(path, options) : readOriginal(path, options);
}

/** Whether it is a trace of our own, and not one of Charm++. @throws TraceError if there is none. */
export async function isOwn(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new TraceError({ file: path }, 'there is no such file or directory');
  const names = found.isDirectory() ? await readdir(path) : [path];
  if (names.some((name) => name.endsWith(headSuffix))) return true;
  if (names.some((name) => name.endsWith('.sts'))) return false;
  const expected = `a trace of our own (NAME${headSuffix}) or of Charm++ (NAME.sts)`;
  throw new TraceError({ file: path }, `holds no trace; expected ${expected}`);
}
