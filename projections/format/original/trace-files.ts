/**
 * Finds the files of a run in a directory: `NAME.sts` beside `NAME.<pe>.log[.gz]`, logs perhaps in subdirectories
 * `NAME.projdir.<n>`.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TraceError } from '../../errors.ts';

export interface RunFiles {
  readonly name: string;
  readonly sts: string;
  /** Ascending by PE. */
  readonly logs: readonly PeFile[];
  readonly sums: readonly PeFile[];
  readonly sumDetails: readonly PeFile[];
  readonly projrc: string | undefined;
}

export interface PeFile {
  readonly pe: number;
  readonly path: string;
}

/** @throws TraceError if the directory holds no run, or several. */
export async function findRun(directory: string): Promise<RunFiles> {
  const names = await readdir(directory);
  const tables = names.filter((name) => name.endsWith('.sts'));
  // A run that was traced both ways has a table for each.
  const [sts, ...others] = tables.some(isFull) ? tables.filter(isFull) : tables;
  if (sts === undefined) throw new TraceError({ file: directory }, 'has no .sts file');
  if (others.length > 0) {
    const problem = `holds several runs: ${[sts, ...others].join(', ')}; give the .sts file of one`;
    throw new TraceError({ file: directory }, problem);
  }
  return filesOf(join(directory, sts));
}

const isFull = (name: string): boolean => !name.endsWith('.sum.sts');

/** The files beside this `.sts`. */
export async function filesOf(sts: string): Promise<RunFiles> {
  const directory = dirname(sts);
  const name = basename(sts).replace(/(\.sum)?\.sts$/, '');
  const paths = await pathsOf(directory, name);
  const projrc = join(directory, `${name}.projrc`);
  return {
    name,
    sts,
    logs: ofPes(paths, name, /^\.(\d+)\.log(\.gz)?$/),
    sums: ofPes(paths, name, /^\.(\d+)\.sum$/),
    sumDetails: ofPes(paths, name, /^\.(\d+)\.sumd$/),
    projrc: paths.includes(projrc) ? projrc : undefined,
  };
}

async function pathsOf(directory: string, name: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const paths: string[] = [];
  for (const entry of entries) {
    if (!entry.name.startsWith(name)) continue;
    const path = join(directory, entry.name);
    if (!entry.isDirectory()) paths.push(path);
    else if (/\.projdir\.\d+$/.test(entry.name)) paths.push(...(await pathsOf(path, name)));
  }
  return paths;
}

function ofPes(paths: readonly string[], name: string, pattern: RegExp): PeFile[] {
  const files = new Map<number, string>();
  for (const path of paths) {
    const found = pattern.exec(basename(path).slice(name.length));
    if (found !== null) files.set(Number(found[1]), path);
  }
  return [...files].map(([pe, path]) => ({ pe, path })).sort((a, b) => a.pe - b.pe);
}
