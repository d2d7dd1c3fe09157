/**
 * Where running jobs can be reached: a Unix socket for each process with PEs, `JOB-NODE.sock`, JOB being the number of the
 * process that was started. In a folder that only its owner may enter: `$XDG_RUNTIME_DIR/charm4ts`, or one of the user in
 * the folder for temporary files.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

export function jobFolder(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime === undefined || runtime === ''
    ? join(tmpdir(), `charm4ts-${userInfo().uid}`)
    : join(runtime, 'charm4ts');
}

/** Makes it. @throws Error if it is not ours alone: somebody else may have made it before us. */
export function makeJobFolder(): string {
  const folder = jobFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = lstatSync(folder);
  if ((mode & 0o077) !== 0 || uid !== userInfo().uid)
    throw new Error(`${folder} must belong to you alone (mode 700); running jobs can't be looked at`);
  return folder;
}

export function socketName(job: number, node: number): string {
  return `${job}-${node}.sock`;
}

export interface JobSocket {
  readonly job: number;
  readonly node: number;
}

export function parseSocketName(name: string): JobSocket | undefined {
  const match = /^(\d+)-(\d+)\.sock$/.exec(name);
  return match === null ? undefined : { job: Number(match[1]), node: Number(match[2]) };
}
