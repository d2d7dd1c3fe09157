/** `charm4ts bench`: measures the runtime on this machine. */
import { Command, InvalidArgumentError } from 'commander';
import { curvesCommand } from './bench-curves.ts';
import { nasCommand } from './bench-nas.ts';

interface BenchFlags {
  readonly json?: boolean;
  readonly runs?: number;
  readonly quick?: boolean;
  readonly list?: boolean;
  readonly task?: string;
}

export function benchCommand(): Command {
  return new Command('bench')
    .description('Measure the runtime on this machine, beside calibrations of the same run.')
    .argument('[names...]', 'benches to run (default: all, about two minutes)')
    .option('--json', 'print one JSON object a line instead of a table')
    .option('--runs <n>', 'samples of each figure (default: 7, or 3 with --quick)', runCount)
    .option('--quick', 'few and short runs: shows that everything works, not how fast it is')
    .option('--task <settings>', 'of the bench task: width=16,radix=5,bytes=16,pes=2')
    .option('--list', 'say what there is, and run nothing')
    .addHelpText('after', examples)
    .addCommand(curvesCommand().showHelpAfterError('(add --help for usage)'))
    .addCommand(nasCommand().showHelpAfterError('(add --help for usage)'))
    .action(runBench);
}

const examples = `
Examples:
  charm4ts bench                          all, as a table
  charm4ts bench pingpong stream          just these
  charm4ts bench local-message --runs 21  more samples, on a busy machine
  charm4ts bench task --task width=64,bytes=1024
  charm4ts bench --json > bench.jsonl     for programs: one object a line

Each figure stands beside a calibration of the same run on the same threads (for instance a bare queue, or a raw
ring in shared memory). The ratio of the two survives a slow or busy machine; figures alone do not.

Exit code: 0 when all benches ran, whatever they measured; 1 when one failed; 130 if interrupted.`;

async function runBench(names: readonly string[], flags: BenchFlags, command: Command): Promise<void> {
  // Loaded here, since the other commands must start without it.
  const { benches, parseTaskSettings, runBenches } = await import('../bench/index.ts');
  const known = benches.map((bench) => bench.name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    command.error(`error: there is no bench ${unknown.join(', ')}; there are ${known.join(', ')}`);
  const usual = benches.filter((bench) => bench.isOptional !== true || flags.list === true);
  const chosen = names.length === 0 ? usual : benches.filter((bench) => names.includes(bench.name));
  if (flags.list === true) {
    for (const bench of chosen) console.log(`${bench.name.padEnd(18)}${bench.summary}`);
    return;
  }
  const task = flags.task === undefined ? {} : { task: settingsOf(flags.task, parseTaskSettings, command) };
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const quick = flags.quick === true;
  const plan = { runs: flags.runs ?? (quick ? 3 : 7), runMs: quick ? 50 : 250 };
  const failures = await runBenches(chosen, { plan, isJson: flags.json === true, signal: interrupt.signal, ...task });
  if (interrupt.signal.aborted) process.exitCode = 130;
  else if (failures > 0) process.exitCode = 1;
}

function settingsOf<T>(text: string, parse: (text: string) => T, command: Command): T {
  try {
    return parse(text);
  } catch (error) {
    return command.error(`error: --task: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function runCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1000) return value;
  throw new InvalidArgumentError('expected an integer from 1 to 1000.');
}
