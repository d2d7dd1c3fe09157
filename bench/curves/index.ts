/** All curves, and what runs them: one after another, files as they are done. */
import { describeFailure } from '../../launch/describe-failure.ts';
import { makeFolder } from '../../launch/make-folder.ts';
import type { Curve } from './curve.ts';
import { memoryUshering } from './memory-ushering.ts';
import { migratedTraffic } from './migrated-traffic.ts';
import { randomRunTimes } from './random-run-times.ts';
import { speedup } from './speedup.ts';
import { strategyScale } from './strategy-scale.ts';
import { writeCurve } from './write.ts';

export const curves: readonly Curve[] = [speedup, randomRunTimes, memoryUshering, migratedTraffic, strategyScale];

export interface CurvesOptions {
  readonly folder: string;
  readonly isQuick: boolean;
  readonly isJson: boolean;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Returns the number of curves that failed. */
export async function runCurves(chosen: readonly Curve[], options: CurvesOptions): Promise<number> {
  let failures = 0;
  for (const curve of chosen) {
    if (options.signal.aborted) break;
    try {
      await runCurve(curve, options);
    } catch (error) {
      showProgress('');
      if (options.signal.aborted) break;
      console.error(`${curve.name} failed: ${error instanceof Error ? error.message : String(error)}`);
      failures++;
    }
  }
  return failures;
}

async function runCurve(curve: Curve, { folder, isQuick, isJson, seed, signal }: CurvesOptions): Promise<void> {
  // Before minutes of computing, so that a folder that can't be made is found first.
  try {
    makeFolder(folder);
  } catch (cause) {
    throw new Error(`--out: ${describeFailure(cause)}`, { cause });
  }
  const started = performance.now();
  const progress = (text: string): void => showProgress(`${curve.name}: ${text}`);
  const result = await curve.run({ isQuick, seed, signal, progress });
  const files = await writeCurve(folder, curve, seed, result);
  showProgress('');
  if (isJson) return console.log(JSON.stringify({ curve: curve.name, seed, files, ...result }));
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const list = (head: string, lines: readonly string[]): string => lines.map((line) => `  ${head} ${line}`).join('\n');
  console.log(`${curve.name} (${seconds} s)`);
  console.log(
    [list('published:', curve.published), list('here:     ', result.findings), list('file:     ', files)].join('\n'),
  );
}

/** One line that replaces itself on a terminal; nothing in a pipe. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}
