/**
 * Makes a folder, and those that it lies in.
 *
 * Not by Node.js's own `recursive`, which tries for ever where the system says that a folder is not there although the
 * one that it would lie in is: in /proc, for instance.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describeFailure } from './describe-failure.ts';

/** `mode`: of those that are made. @throws Error whose message says in words what is in the way */
export function makeFolder(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let at = resolve(path); !isFolder(at); at = dirname(at)) missing.push(at);
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder, { mode });
    } catch (cause) {
      // Somebody else has made it meanwhile.
      if (isFolder(folder)) continue;
      const isRefused = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      const why = isRefused ? `no folders can be made in ${dirname(folder)}` : describeFailure(cause);
      throw new Error(why, { cause });
    }
  }
}

/** False too where something else is. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
