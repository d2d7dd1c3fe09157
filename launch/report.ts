/**
 * The one report of a job that failed, for people:
 *
 *     charm4ts: Ring[3].pass on PE 1: RangeError: no such cell [ERR_ENTRY_FAILED]
 *         at Ring.pass (/home/me/ring.ts:12:11)
 *
 * First what and where, with the code to look up; then the program's own stack frames; then causes that the first
 * line does not tell yet.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CharmError, describePlace, describeThrown, toWire } from '../core/base/errors.ts';
import { packageRoot } from './package-root.ts';

const framesMax = 12;
const causesMax = 8;

/** Several lines, without a line end at the end. */
export function formatReport(error: unknown): string {
  const lines = [headline(error)];
  let told = describeThrown(error);
  const frames = new Set<string>();
  let cause: unknown = error;
  for (let depth = 0; depth < causesMax && cause !== undefined && cause !== null; depth++) {
    const what = describeThrown(cause);
    if (!told.includes(what)) lines.push(`caused by ${what}`);
    told += what;
    for (const frame of programFrames(cause)) {
      if (!frames.has(frame)) lines.push(frame);
      frames.add(frame);
    }
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines.join('\n');
}

function headline(error: unknown): string {
  if (!(error instanceof CharmError)) return `charm4ts: ${describeThrown(error)}`;
  const where = error.place === undefined ? '' : `${describePlace(error.place)}: `;
  const [first, ...rest] = error.message.split('\n');
  return [`charm4ts: ${where}${first} [${codesOf(error).join(', ')}]`, ...rest].join('\n');
}

/** The code, and that of the runtime's own error behind it: what to look up in docs/errors.md. */
function codesOf(error: CharmError): string[] {
  const codes = new Set<string>();
  for (let e: unknown = error; e instanceof CharmError && codes.size < causesMax; e = e.cause) {
    if (codes.has(e.code)) break;
    codes.add(e.code);
  }
  return [...codes];
}

/** Where the runtime's own frames are; they say nothing to the program's author. */
const ownFolders = ['dist', 'core', 'launch', 'transports', 'cli'].flatMap((folder) => {
  const path = join(packageRoot, folder, '/');
  return [path, pathToFileURL(path).href];
});

function programFrames(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const frames = toWire(error)
    .stack.split('\n')
    .filter((line) => /^\s+at /.test(line));
  return frames.filter(isOfProgram).slice(0, framesMax);
}

function isOfProgram(frame: string): boolean {
  return (
    !/node:|\/node_modules\/commander\/|^\s+at .*http:\/\/127\.0\.0\.1:\d+\/runtime\/|\(native|<anonymous>\)?$/.test(
      frame,
    ) && !ownFolders.some((folder) => frame.includes(folder))
  );
}
