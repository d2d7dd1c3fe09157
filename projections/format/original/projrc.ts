/**
 * `.projrc`: a few settings of the original viewer. The one that matters is the end of the run, which spares the viewer a
 * scan of all logs, and which it believes blindly: so it is written with every trace.
 */
import { readFile } from 'node:fs/promises';

const endKey = 'RC_GLOBAL_END_TIME';

/** The end of the run in microseconds, if the file says it. */
export async function readProjrc(path: string): Promise<number | undefined> {
  const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
  const found = lines.find(([key, value]) => key === endKey && /^\d+$/.test(value ?? ''));
  return found === undefined ? undefined : Number(found[1]);
}

export function projrcText(endUs: number): string {
  return `${endKey} ${endUs}\n`;
}
