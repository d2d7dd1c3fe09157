/**
 * Which files may be read as a trace. The user names a folder; what lies in it may come from somebody else. A symbolic link
 * in there could make the viewer show any file, so links are refused, and every file must really be inside.
 */
import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { TraceError } from '../../errors.ts';
import { headSuffix } from '../../format/own/layout.ts';

export interface TraceFolder {
  /** Real path of the folder, or of the head of one trace in it. */
  readonly path: string;
  readonly folder: string;
  /** What it is called on the page. */
  readonly name: string;
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
  await checkFiles(folder, folder);
  return { path, folder, name: basename(path).replace(headSuffix, '') };
}

async function checkFiles(folder: string, root: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!traceFile.test(entry.name) && !subfolder.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink())
      throw new TraceError({ file: path }, 'is a symbolic link; traces are not read over links');
    const real = await realpath(path);
    if (!real.startsWith(root + sep)) throw new TraceError({ file: path }, 'lies outside of the folder of the trace');
    if (entry.isDirectory()) await checkFiles(path, root);
    else if (!entry.isFile()) throw new TraceError({ file: path }, 'is no ordinary file');
  }
}
