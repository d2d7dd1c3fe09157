/**
 * Which files may be read as a trace. The user names a folder; what lies in it may come from somebody else. A symbolic link
 * in there could make the viewer show any file, so links are refused, and every file must really be inside.
 */
import { createHash } from 'node:crypto';
import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { TraceError } from '../../errors.ts';

export interface TraceFolder {
  /** Real path of the folder, or of the head of one trace in it. */
  readonly path: string;
  readonly folder: string;
  /** What it is called on the page. */
  readonly name: string;
  readonly files: TraceFiles;
}

export interface TraceFiles {
  /** PEs that have a file, ascending. */
  readonly pes: readonly number[];
  readonly bytes: number;
  /** Names, sizes and times of the files: changes when a file does. */
  readonly stamp: string;
}

const traceFile = /\.(trace|trace\.json|sts|log|log\.gz|sum|sumd|projrc|view)$/;
const subfolder = /\.projdir\.\d+$/;

/** @throws TraceError for what is no folder or head of a trace, and for links in it. */
export async function checkFolder(given: string): Promise<TraceFolder> {
  const path = await realpath(given).catch(() => {
    throw new TraceError({ file: given }, 'there is no such file or directory');
  });
  const isFolder = (await lstat(path)).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const found: FoundFile[] = [];
  await checkFiles(folder, folder, found);
  return { path, folder, name: basename(path).replace(/(\.trace\.json|(\.sum)?\.sts)$/, ''), files: filesOf(found) };
}

interface FoundFile {
  readonly name: string;
  readonly bytes: number;
  readonly changed: number;
}

function filesOf(found: readonly FoundFile[]): TraceFiles {
  const pes = new Set<number>();
  let bytes = 0;
  const hash = createHash('sha256');
  for (const file of [...found].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (file.name.endsWith('.view')) continue;
    const pe = /\.(\d+)\.(trace|log|log\.gz)$/.exec(file.name)?.[1];
    if (pe !== undefined) pes.add(Number(pe));
    bytes += file.bytes;
    hash.update(`${file.name}\0${file.bytes}\0${file.changed}\0`);
  }
  return { pes: [...pes].sort((a, b) => a - b), bytes, stamp: hash.digest('base64') };
}

async function checkFiles(folder: string, root: string, found: FoundFile[]): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!traceFile.test(entry.name) && !subfolder.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink())
      throw new TraceError({ file: path }, 'is a symbolic link; traces are not read over links');
    const real = await realpath(path);
    if (!real.startsWith(root + sep)) throw new TraceError({ file: path }, 'lies outside of the folder of the trace');
    if (entry.isDirectory()) await checkFiles(path, root, found);
    else if (!entry.isFile()) throw new TraceError({ file: path }, 'is no ordinary file');
    else {
      const { size, mtimeMs } = await lstat(path);
      found.push({ name: path.slice(root.length), bytes: size, changed: mtimeMs });
    }
  }
}
