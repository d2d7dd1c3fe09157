/** Runs a program of the curves in the simulator, and hands on what it reports. */
import type { ProgramModule } from '../../core/message/registry.ts';
import { formatReport } from '../../launch/report.ts';
import { runSimulated, type SimulationOptions, type SimulationResult } from '../../launch/sim/index.ts';

/** A program whose main reports one value, once. */
export type ReportingProgram<T> = (report: (value: T) => void) => ProgramModule;

export interface Simulated<T> {
  readonly value: T;
  readonly result: SimulationResult;
}

/** @throws Error if the run fails or reports nothing. */
export async function simulate<T>(
  program: ReportingProgram<T>,
  options: Omit<SimulationOptions, 'program'>,
): Promise<Simulated<T>> {
  const reported: T[] = [];
  const result = await runSimulated({ ...options, program: program((value) => reported.push(value)) });
  if (result.error !== undefined) throw new Error(formatReport(result.error), { cause: result.error });
  const [value] = reported;
  if (value === undefined) throw new Error('the program of the curve reported nothing');
  return { value, result };
}
