/** Opening and removing files. Collective, but for removing. Loaded when first used, since in browsers there are no files. */
import type { FileAccess, OpenFile } from '../../core/index.ts';
import { nodeFiles } from '../../io/file-access.ts';
import type { Info } from '../comm/info.ts';
import type { Comm } from '../comm/intracomm.ts';
import { MpiError } from '../errors.ts';
import type { Mpi } from '../rank/mpi.ts';
import { winCreate } from '../window/make.ts';
import { File, fileFailure } from './file.ts';
import { Mode } from './mode.ts';

/** @throws MpiError on all ranks if the file can't be opened on one */
export async function fileOpen(comm: Comm, path: string, amode: number, info?: Info): Promise<File> {
  checkMode(amode);
  const { mpi } = comm;
  const files = mpi.charm.files ?? nodeFiles;
  const own = await comm.dup();
  const created = own.rank === 0 ? await create(mpi, files, path, amode) : undefined;
  const failed = await own.bcastObject(created, 0);
  if (failed !== undefined && failed !== null) throw new MpiError(failed.name, failed.message);
  const file = await open(mpi, files, path, amode);
  const pointer = await winCreate(own, new Float64Array(1));
  const opened = new File(own, path, amode, files, file, pointer);
  if (info !== undefined) opened.setInfo(info);
  if ((amode & Mode.APPEND) !== 0) {
    await opened.seek(0, 'end');
    await opened.seekShared(0, 'end');
  }
  return opened;
}

function checkMode(amode: number): void {
  const access = [Mode.RDONLY, Mode.WRONLY, Mode.RDWR].filter((mode) => (amode & mode) !== 0);
  if (access.length !== 1) throw new MpiError('AMODE', 'a file is opened with one of RDONLY, WRONLY and RDWR');
  if ((amode & Mode.RDONLY) !== 0 && (amode & (Mode.CREATE | Mode.EXCL)) !== 0)
    throw new MpiError('AMODE', 'RDONLY does not go with CREATE or EXCL');
}

/** Rank 0 makes the file, if it is to be made. What went wrong; null: nothing. */
async function create(
  mpi: Mpi,
  files: FileAccess,
  path: string,
  amode: number,
): Promise<{ readonly name: 'FILE_EXISTS' | 'IO' | 'NO_SUCH_FILE'; readonly message: string } | null> {
  try {
    if ((amode & Mode.CREATE) !== 0) {
      const file = await mpi.charm.track(files.open(path, 'create'));
      await mpi.charm.track(file.close());
    } else {
      const file = await mpi.charm.track(files.open(path, 'read'));
      await mpi.charm.track(file.close());
    }
    return null;
  } catch (cause) {
    const isThere = (cause as { readonly code?: unknown }).code === 'EEXIST';
    if (isThere && (amode & Mode.EXCL) === 0) return null;
    const failure = fileFailure('opened', path, cause);
    const text = failure.message.slice(failure.message.indexOf(': ') + 2);
    if (isThere) return { name: 'FILE_EXISTS', message: text };
    return { name: (cause as { readonly code?: unknown }).code === 'ENOENT' ? 'NO_SUCH_FILE' : 'IO', message: text };
  }
}

async function open(mpi: Mpi, files: FileAccess, path: string, amode: number): Promise<OpenFile> {
  try {
    return await mpi.charm.track(files.open(path, (amode & Mode.RDONLY) !== 0 ? 'read' : 'change'));
  } catch (cause) {
    throw fileFailure('opened', path, cause);
  }
}

export async function fileDelete(mpi: Mpi, path: string): Promise<void> {
  const files = mpi.charm.files ?? nodeFiles;
  try {
    const file = await mpi.charm.track(files.open(path, 'read'));
    await mpi.charm.track(file.close());
    await mpi.charm.track(files.remove(path));
  } catch (cause) {
    throw fileFailure('removed', path, cause);
  }
}
