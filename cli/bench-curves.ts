/** `charm4ts bench curves`: the curves of the literature, measured in the simulator. */
import { Command, InvalidArgumentError } from 'commander';

interface CurvesFlags {
  readonly out: string;
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly list?: boolean;
  readonly seed: number;
}

export function curvesCommand(): Command {
  return new Command('curves')
    .description('Measure the curves of the literature in the simulator; write CSV, JSON and SVG.')
    .argument('[names...]', 'curves to run (default: all, a few minutes)')
    .option('-o, --out <folder>', 'where the files go', 'results/curves')
    .option('--quick', 'few points: shows that everything works')
    .option('--json', 'print one JSON object a curve instead of sentences')
    .option('--seed <n>', 'seed of everything that is drawn', seed, 1)
    .option('--list', 'say what there is, and run nothing')
    .addHelpText('after', examples)
    .action(runCurvesCommand);
}

const examples = `
Examples:
  charm4ts bench curves                          all, into results/curves
  charm4ts bench curves speedup --out plots      just this one
  charm4ts bench curves --json > curves.jsonl    for programs

Each curve says what was published beside what it shows here. All but strategy-scale are functions of the seed.

Exit code: 0 when all curves ran; 1 when one failed; 130 if interrupted.`;

async function runCurvesCommand(names: readonly string[], _: unknown, command: Command): Promise<void> {
  const flags = command.optsWithGlobals<CurvesFlags>();
  // Loaded here, since the other commands must start without it.
  const { curves, runCurves } = await import('../bench/curves/index.ts');
  const known = curves.map((curve) => curve.name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    command.error(`error: there is no curve ${unknown.join(', ')}; there are ${known.join(', ')}`);
  const chosen = names.length === 0 ? curves : curves.filter((curve) => names.includes(curve.name));
  if (flags.list === true) {
    for (const { name, summary } of chosen) console.log(`${name.padEnd(18)}${summary}`);
    return;
  }
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const failures = await runCurves(chosen, {
    folder: flags.out,
    isQuick: flags.quick === true,
    isJson: flags.json === true,
    seed: flags.seed,
    signal: interrupt.signal,
  });
  if (interrupt.signal.aborted) process.exitCode = 130;
  else if (failures > 0) process.exitCode = 1;
}

function seed(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected an integer, 0 or more.');
}
