/** The one report of a job that failed, for people. */
import { CharmError, describePlace } from '../core/base/errors.ts';

/** Several lines: what and where, then the stack of the cause. */
export function formatReport(error: unknown): string {
  if (!(error instanceof CharmError))
    return `charm4ts: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  const where = error.place === undefined ? '' : `${describePlace(error.place)}: `;
  const lines = [`charm4ts: ${where}${error.message} [${error.code}]`];
  const stack = programFrames(error.stack ?? '');
  return lines.concat(stack).join('\n');
}

/** Stack frames of the program; the runtime's own and Node's say nothing to its author. */
function programFrames(stack: string): string[] {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const ofProgram = frames.filter(
    (line) => !/charm4ts\/dist\/|\/dist\/(chunks|launch|core|cli)\/|node:internal|\(node:/.test(line),
  );
  return ofProgram.slice(0, 12);
}
