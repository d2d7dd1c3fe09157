/** `charm4ts lb-sim`: runs load-balancing strategies on recorded balancing steps. */
import { Command, InvalidArgumentError } from 'commander';

interface LbSimFlags {
  readonly strategy?: readonly string[];
  readonly pes?: number;
  readonly json?: boolean;
  readonly html?: string;
  readonly seed: number;
  readonly objectsOnly?: boolean;
}

export function lbSimCommand(): Command {
  return new Command('lb-sim')
    .description('Run load-balancing strategies on recorded balancing steps, side by side.')
    .argument('<files...>', 'dumps of balancing steps, or cases with the answers of Charm++')
    .option(
      '-s, --strategy <names>',
      `comma-separated names, or files with one of yours (default: ${usual.join(',')})`,
      addNames,
    )
    .option(
      '-p, --pes <n>',
      'number of PEs: objects of PEs beyond it start on pe % n, new PEs are empty',
      integer(1, 1_000_000),
    )
    .option('--json', 'print one JSON object a line instead of tables')
    .option('--html <file>', 'write a page that shows load and traffic of each PE, before and after')
    .option('--seed <n>', 'seed of the random numbers that strategies get', integer(0, 2 ** 31 - 1), 1)
    .option('--objects-only', 'leave out the background load of PEs, as +LBObjOnly does')
    .addHelpText('after', examples)
    .action(runLbSim);
}

const examples = `
Examples:
  charm4ts lb-sim step-3.json                                  the usual strategies, as a table
  charm4ts lb-sim *.json --strategy RefineComm,./mine.ts       yours beside ours
  charm4ts lb-sim step-3.json --strategy Frontier:migrations=100
  charm4ts lb-sim step-3.json --pes 64 --json                  what if there were 64 PEs; for scripts
  charm4ts lb-sim step-3.json --html step-3.html               to look at

A strategy of yours is a function from statistics to migrations, the default export (or the export named strategy) of a
.ts or .js file. Moves that cannot be made are refused, and said on the error output. docs/lb-sim.md has the formats.

Exit code: 0, or 1 if a file, a strategy's name or a strategy itself failed.`;

async function runLbSim(files: readonly string[], flags: LbSimFlags): Promise<void> {
  // Loaded here, since the other commands must start without it.
  const { simulateFiles } = await import('./lb-sim/simulate.ts');
  const failures = await simulateFiles({
    files,
    strategies: flags.strategy ?? usual,
    pes: flags.pes,
    seed: flags.seed,
    isJson: flags.json === true,
    isObjectsOnly: flags.objectsOnly === true,
    html: flags.html,
  });
  if (failures > 0) process.exitCode = 1;
}

const usual = ['RefineComm', 'Frontier', 'Refine', 'Greedy', 'GreedyRefine', 'Metis'];

function addNames(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(',').filter((name) => name !== '')];
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected an integer from ${min} to ${max}.`);
  };
}
