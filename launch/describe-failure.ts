/** What went wrong with a file, in words that say what to do. */
const advice: Readonly<Record<string, string>> = {
  EISDIR: 'is a folder; name a file',
  EEXIST: 'exists and is no folder; name another one',
  ENOTDIR: 'is not in a folder: part of the path is a file',
  ENOENT: 'is not there',
  EACCES: 'may not be touched by this user',
  EPERM: 'may not be touched by this user',
  EROFS: 'is on a disk that cannot be written',
  ENOSPC: 'finds no room: the disk is full',
};

export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  const what = code === undefined ? undefined : advice[code];
  return what === undefined || path === undefined ? error.message : `${path} ${what} (${code})`;
}
