/** `charm4ts bench nas`: the NAS Parallel Benchmarks over AMPI. */
import { Command, InvalidArgumentError } from 'commander';
import type { Kernel, ProblemClass } from '../bench/nas/index.ts';

interface NasFlags {
  readonly class: readonly string[];
  readonly pes: number;
  readonly vp?: number;
  readonly runs?: number;
  readonly npb?: string;
  readonly json?: boolean;
}

export function nasCommand(): Command {
  return new Command('nas')
    .description('Run the NAS kernels EP, IS, CG, MG, FT and LU over AMPI; print Mop/s, and the speed-up.')
    .argument('[kernels...]', 'ep is cg mg ft lu (default: all)')
    .option('--class <letters>', 'problem classes: S,W,A', list, ['W'])
    .option('--pes <n>', 'PEs of the parallel runs', positive, 2)
    .option('--vp <n>', 'ranks of the parallel runs (default: one on each PE)', positive)
    .option('--runs <n>', 'runs of each figure; the median counts (default: 3)', positive)
    .option('--npb <folder>', 'NPB3.4-MPI, to run the originals beside them (needs gfortran and Open MPI)')
    .option('--json', 'print one JSON object a line instead of a table')
    .addHelpText('after', examples)
    .action(runNasCommand);
}

const examples = `
Examples:
  charm4ts bench nas                       all kernels, class W, on 1 rank and on 2
  charm4ts bench nas cg lu --class W,A     just these
  charm4ts bench nas --vp 8                eight ranks on two PEs
  charm4ts bench nas --npb NPB3.4/NPB3.4-MPI     beside Fortran over Open MPI

Every run checks its answer against the official one.

Exit code: 0 when all kernels ran and were right; 1 otherwise; 130 if interrupted.`;

async function runNasCommand(names: readonly string[], _: unknown, command: Command): Promise<void> {
  const flags = command.optsWithGlobals<NasFlags>();
  // Loaded here, since the other commands must start without it.
  const { kernels, problemClasses, runNas } = await import('../bench/nas/index.ts');
  const chosen = names.map((name) => name.toLowerCase());
  const classes = flags.class.map((letter) => letter.toUpperCase());
  const unknown = chosen.find((name) => !kernels.includes(name as Kernel));
  if (unknown !== undefined) command.error(`error: there is no kernel ${unknown}; there are ${kernels.join(', ')}`);
  const odd = classes.find((letter) => !problemClasses.includes(letter as ProblemClass));
  if (odd !== undefined) command.error(`error: there is no class ${odd}; there are ${problemClasses.join(', ')}`);
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const failures = await runNas({
      kernels: chosen.length === 0 ? kernels : (chosen as Kernel[]),
      classes: classes as ProblemClass[],
      pes: flags.pes,
      vp: flags.vp ?? flags.pes,
      runs: flags.runs ?? 3,
      isJson: flags.json === true,
      signal: interrupt.signal,
      ...(flags.npb === undefined ? {} : { npb: flags.npb }),
    });
    if (failures > 0) process.exitCode = 1;
  } catch (error) {
    command.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (interrupt.signal.aborted) process.exitCode = 130;
}

function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 4096) return value;
  throw new InvalidArgumentError('expected an integer from 1 to 4096.');
}
