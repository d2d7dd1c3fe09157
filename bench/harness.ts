/**
 * Runs benches one after another, since two at a time would measure each other, and prints results as they come: a
 * table or JSON lines on standard output; progress, warnings and failures on standard error.
 *
 * A bench that fails does not stop the others; the caller learns how many did.
 */
import { cpus } from 'node:os';
import type { Bench, BenchContext } from './bench.ts';
import { type Result, resultOf } from './result.ts';
import { tableHead, tableLine } from './table.ts';

export interface HarnessOptions extends BenchContext {
  readonly isJson: boolean;
}

/** Above this the machine was busy with other things, and a figure is worth little more than its ratio. */
const spreadMax = 0.15;

/** Returns the number of benches that failed. */
export async function runBenches(benches: readonly Bench[], options: HarnessOptions): Promise<number> {
  if (!options.isJson) console.log(`${describeMachine()}\n\n${tableHead()}`);
  const noisy: string[] = [];
  let failures = 0;
  for (const [i, bench] of benches.entries()) {
    if (options.signal.aborted) break;
    showProgress(`[${i + 1}/${benches.length}] ${bench.name} ...`);
    try {
      const results = await runBench(bench, options);
      showProgress('');
      for (const result of results) console.log(options.isJson ? JSON.stringify(result) : tableLine(result));
      noisy.push(...results.filter(isNoisy).map((result) => `${result.bench} ${result.case}`));
    } catch (error) {
      showProgress('');
      if (options.signal.aborted) break;
      console.error(`${bench.name} failed: ${error instanceof Error ? error.message : String(error)}`);
      failures++;
    }
  }
  if (noisy.length > 0) console.error(describeNoise(noisy));
  return failures;
}

async function runBench(bench: Bench, context: BenchContext): Promise<Result[]> {
  const samples = await bench.sample(context);
  return bench.cases.map((wanted) => resultOf(bench, wanted, samples));
}

function isNoisy({ spread, calibration }: Result): boolean {
  return spread > spreadMax || (calibration !== null && calibration.spread > spreadMax);
}

function describeNoise(noisy: readonly string[]): string {
  const percent = Math.round(100 * spreadMax);
  return (
    `\nThe samples vary by more than ${percent} % (middle half over median, of the figure or of its calibration) in: ` +
    `${noisy.join(', ')}.\nThe machine was probably busy; look at the ratios, or repeat with more --runs.`
  );
}

function describeMachine(): string {
  const cores = cpus();
  const { platform, arch, version } = process;
  return `Node.js ${version}, ${platform} ${arch}, ${cores.length} x ${cores[0]?.model.trim() ?? 'unknown processor'}`;
}

/** One line that replaces itself on a terminal; nothing in a pipe. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}
