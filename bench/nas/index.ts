/**
 * `charm4ts bench nas`: the NAS kernels over AMPI, each on one rank and on several, in turns; beside them the originals.
 *
 * A figure is the median of the runs; every run checks its answer against the official one.
 */
import { median } from '../statistics.ts';
import { Original } from './original.ts';
import { type Kernel, type ProblemClass, runKernel } from './run-kernel.ts';

export { type Kernel, kernels, type ProblemClass, problemClasses } from './run-kernel.ts';

export interface NasOptions {
  readonly kernels: readonly Kernel[];
  readonly classes: readonly ProblemClass[];
  readonly pes: number;
  readonly vp: number;
  readonly runs: number;
  /** Folder of NPB for MPI. */
  readonly npb?: string;
  readonly isJson: boolean;
  readonly signal: AbortSignal;
}

/** One line of `--json`; Mop/s. */
export interface NasResult {
  readonly kernel: string;
  readonly class: ProblemClass;
  /** One rank on one PE. */
  readonly single: number;
  readonly pes: number;
  readonly vp: number;
  readonly parallel: number;
  readonly speedup: number;
  /** The original on as many processes as there are PEs; null if it was not run. */
  readonly original: number | null;
  readonly ratio: number | null;
}

/** Returns how many kernels failed. */
export async function runNas(options: NasOptions): Promise<number> {
  const { isJson, npb, signal } = options;
  const original = npb === undefined ? undefined : new Original(npb, signal);
  const missing = await original?.missing();
  if (missing !== undefined) throw new Error(`--npb: ${missing}`);
  if (!isJson) console.log(head(options));
  let failures = 0;
  for (const kernel of options.kernels)
    for (const problem of options.classes) {
      if (signal.aborted) return failures;
      try {
        const result = await measure(kernel, problem, options, original);
        console.log(isJson ? JSON.stringify(result) : line(result));
      } catch (error) {
        failures++;
        console.error(`${kernel.toUpperCase()} ${problem}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  return failures;
}

async function measure(
  kernel: Kernel,
  problem: ProblemClass,
  { pes, vp, runs, signal }: NasOptions,
  original: Original | undefined,
): Promise<NasResult> {
  const [single, parallel, theirs]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < runs; run++) {
    single.push((await runKernel(kernel, problem, 1, 1, signal)).mops);
    parallel.push((await runKernel(kernel, problem, pes, vp, signal)).mops);
    if (original !== undefined) theirs.push(await original.mops(kernel, problem, pes));
  }
  const [one, many] = [median(single), median(parallel)];
  const other = theirs.length === 0 ? null : median(theirs);
  return {
    kernel: kernel.toUpperCase(),
    class: problem,
    single: rounded(one),
    pes,
    vp,
    parallel: rounded(many),
    speedup: rounded(many / one),
    original: other === null ? null : rounded(other),
    ratio: other === null ? null : rounded(many / other),
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function head({ pes, vp }: NasOptions): string {
  const names = ['kernel', 'class', '1 rank', `${vp} ranks, ${pes} PEs`, 'speed-up', 'original', 'ratio'];
  const text = columns(names);
  return `Mop/s; every run is verified\n${text}\n${'-'.repeat(text.length)}`;
}

function line({ kernel, class: problem, single, parallel, speedup, original, ratio }: NasResult): string {
  const theirs = original === null ? '-' : String(original);
  return columns([kernel, problem, String(single), String(parallel), String(speedup), theirs, String(ratio ?? '-')]);
}

function columns(texts: readonly string[]): string {
  return texts.map((text, i) => text.padEnd([8, 7, 10, 18, 10, 10, 6][i]!)).join(' ');
}
