/** Runs a program of the benchmarks as a job of its own, in this process, and reads what it reports. */
import { runJob } from '../launch/job.ts';
import { distUrl } from '../launch/package-root.ts';
import type { RankOptions } from '../launch/rank-program.ts';
import { formatReport } from '../launch/report.ts';
import type { BenchContext } from './bench.ts';
import { providePairMemory } from './calibration/pair.ts';
import type { Samples } from './sampling.ts';

export interface ProgramOptions {
  readonly seedBalancer?: string;
  readonly balancer?: string;
  /** Arguments behind the plan. */
  readonly args?: readonly string[];
  /** Node runtimes; `pes` is then of each. */
  readonly nodes?: number;
  /** Folder to record the job into. */
  readonly trace?: string;
  /** It is an MPI program. */
  readonly ranks?: RankOptions;
  /** Only a summary is recorded. */
  readonly traceSummary?: boolean;
}

/** @throws Error if the job failed, with its report. */
export async function runProgram(
  name: string,
  pes: number,
  context: BenchContext,
  { seedBalancer = 'random', balancer, nodes, args = [], trace, traceSummary = false, ranks }: ProgramOptions = {},
): Promise<Samples[]> {
  providePairMemory();
  const result = await runJob({
    program: distUrl(`bench/programs/${name}.js`),
    pes,
    seedBalancer,
    ...(balancer === undefined ? {} : { balancer }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(trace === undefined ? {} : { trace, traceSummary }),
    ...(ranks === undefined ? {} : { ranks }),
    args: [JSON.stringify(context.plan), ...args],
    stdout: 'capture',
    signal: context.signal,
  });
  if (result.error !== undefined) throw new Error(formatReport(result.error), { cause: result.error });
  if (result.exitCode !== 0) throw new Error(`the program ${name} ended with exit code ${result.exitCode}`);
  const lines = result.stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Samples);
}

/** Puts the samples of one case together that come from several jobs. */
export function joinSamples(parts: readonly Samples[]): Samples[] {
  const joined = new Map<string, Samples>();
  for (const part of parts) {
    const known = joined.get(part.case);
    joined.set(part.case, known === undefined ? part : concatenate(known, part));
  }
  return [...joined.values()];
}

function concatenate(a: Samples, b: Samples): Samples {
  const values = [...(a.calibration?.values ?? []), ...(b.calibration?.values ?? [])];
  const calibration = a.calibration === null ? null : { name: a.calibration.name, values };
  return { case: a.case, figure: [...a.figure, ...b.figure], calibration };
}
