/** Runs one NAS kernel of `examples/nas` as a job of its own, and reads its line of JSON. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runJob } from '../../launch/job.ts';
import { packageRoot } from '../../launch/package-root.ts';
import { formatReport } from '../../launch/report.ts';

export const kernels = ['ep', 'is', 'cg', 'mg', 'ft', 'lu'] as const;
export type Kernel = (typeof kernels)[number];
export const problemClasses = ['S', 'W', 'A'] as const;
export type ProblemClass = (typeof problemClasses)[number];

/** Millions of operations a second, as the benchmark counts them. The answer was the official one. */
export interface KernelFigure {
  readonly mops: number;
  readonly seconds: number;
}

/** @throws Error if the job failed or its answer is wrong. */
export async function runKernel(
  kernel: Kernel,
  problem: ProblemClass,
  pes: number,
  vp: number,
  signal: AbortSignal,
): Promise<KernelFigure> {
  const file = join(packageRoot, 'examples', 'nas', `${kernel}.ts`);
  if (!existsSync(file)) throw new Error(`${file} is not there; the kernels are part of the package`);
  const program = pathToFileURL(file);
  const args = [problem, '--json'];
  const { error, exitCode, stdout } = await runJob({ program, pes, ranks: { vp }, args, stdout: 'capture', signal });
  if (error !== undefined) throw new Error(formatReport(error), { cause: error });
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (exitCode !== 0 || line === undefined) throw new Error(`${kernel} ended with exit code ${exitCode}`);
  const { mops, seconds } = JSON.parse(line) as KernelFigure;
  return { mops, seconds };
}
