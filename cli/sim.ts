/** `charm4ts sim`: a program on simulated PEs, in virtual time. */

import { Command, InvalidArgumentError, Option } from 'commander';
import type { SimulationOptions } from '../launch/sim/index.ts';
import { addBalancingOptions, type BalancingFlags } from './balancing-flags.ts';
import { checkMessagesOption, type MessageCheckKind } from './check-messages.ts';
import { addRankOptions, type RankFlags, ranksOf } from './rank-flags.ts';

interface SimFlags extends BalancingFlags, RankFlags {
  readonly pes?: number;
  readonly pesPerNode?: number;
  readonly network?: string;
  readonly seed: number;
  readonly cost: 'declared' | 'measured';
  readonly scale?: number;
  readonly shuffle?: boolean;
  readonly checkMessages?: MessageCheckKind;
  readonly seedBalancer?: string;
  readonly trace?: string;
  readonly traceSummary?: boolean;
  readonly faults?: string | true;
  readonly fault?: readonly string[];
  readonly check?: boolean;
  readonly json?: boolean;
  readonly showNetwork?: string;
}

export function simCommand(): Command {
  return addRankOptions(addBalancingOptions(new Command('sim')))
    .description('Run a program on any number of simulated PEs, in virtual time, so that the run can be repeated.')
    .argument('[program]', 'a .ts, .mts, .js or .mjs file that exports its chare classes and a default main function')
    .argument('[args...]', "the program's own arguments (charm.args)")
    .option('-p, --pes <n>', 'number of PEs', integer(1, 1 << 20))
    .option('-n, --network <name|file>', 'gigabit, ethernet100g (default), shared-memory, or a JSON file')
    .option('--pes-per-node <n>', "PEs of a node runtime (default: the network's)", integer(1, 1 << 20))
    .option('--seed <n>', 'seed of everything that is drawn', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .addOption(
      new Option('--cost <kind>', 'what computing costs: what charm.work declares, or also what is measured here')
        .choices(['declared', 'measured'])
        .default('declared'),
    )
    .option('--scale <factor>', 'with --cost measured: virtual seconds for a real one (default: 1)', factor)
    .option('--shuffle', 'pick messages at random, as far as programs must bear it')
    .addOption(checkMessagesOption())
    .option('--seed-balancer <name>', 'where new chares go (see charm4ts run --help)')
    .option('--trace <dir>', 'record what every PE does, in virtual time, for charm4ts projections <dir>')
    .option(
      '--trace-summary',
      'with --trace: only time per entry method and PE, for runs whose trace would be too large',
    )
    .option('--faults [json|file]', 'draw faults from the seed; a JSON object, or a file with one, fixes some of them')
    .option(
      '--fault <name=value>',
      'fix one of them, like loss=0.1 or clog.meanMs=5; without --faults only these',
      collect,
    )
    .option('--check', 'watch the invariants of docs/simulator.md; a run in which one does not hold fails')
    .option('--json', 'print one JSON object, after what the program prints')
    .option('--show-network <name>', 'print a network that ships, as a file to start from, and run nothing')
    .addHelpText('after', examples)
    .action(runSim);
}

const examples = `
Examples:
  charm4ts sim app.ts --pes 1000                        64 PEs a node, 100 Gb/s Ethernet
  charm4ts sim app.ts --pes 80 --network gigabit        80 nodes on a cluster of 37 hosts, which they share
  charm4ts sim app.ts --pes 16 --cost measured --scale 2    PEs half as fast as this machine
  charm4ts sim --show-network gigabit > mine.json       edit it, then
  charm4ts sim app.ts --pes 64 --network mine.json --seed 7 --json

  charm4ts sim app.ts --pes 8 --pes-per-node 2 --seed 7 --faults      whatever networks and machines do
  charm4ts sim app.ts --pes 8 --pes-per-node 2 --fault loss=0.2 --fault partition.everyMs=50 --fault partition.meanMs=5

Faults are between node runtimes, so there should be several. docs/simulator.md lists them. A run that fails prints the
command that repeats it.

Printed at the end: virtual time, messages, how busy the PEs were, and a hash that is equal for equal runs. With
declared costs the same program, arguments and seed give the same run on every machine.

Exit code: what the program passed to charm.exit; 1 after an error; 130 if interrupted.`;

async function runSim(program: string | undefined, args: string[], flags: SimFlags, command: Command): Promise<void> {
  if (flags.showNetwork === undefined) {
    if (program === undefined) command.error("error: missing required argument 'program'");
    else if (flags.pes === undefined) command.error("error: required option '-p, --pes <n>' not specified");
    else if (flags.traceSummary === true && flags.trace === undefined)
      command.error('error: --trace-summary says what to record; --trace <dir> must say where');
  }
  // Loaded here, since the other commands must start without it.
  const { showNetwork, simulateProgram } = await import('./sim/run.ts');
  const { faultsFrom } = await import('./sim/fault-flags.ts');
  if (flags.showNetwork !== undefined) return showNetwork(flags.showNetwork, (message) => command.error(message));
  const { pes, json, trace, faults: given, fault = [], showNetwork: _, ...others } = flags;
  const { vp, map, eagerBytes, ...rest } = others;
  const faults = await faultsFrom(given, fault).catch((error: Error) => command.error(`error: ${error.message}`));
  const options: SimulationOptions = {
    program: program!,
    pes: pes!,
    args,
    ...rest,
    ...(vp === undefined ? {} : { ranks: ranksOf({ vp, ...(map && { map }), ...(eagerBytes && { eagerBytes }) }) }),
    ...(trace === undefined ? {} : { traceDirectory: trace }),
    ...(faults === undefined ? {} : { faults }),
  };
  process.exitCode = await simulateProgram(options, json === true);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function factor(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected a number, 0 or more.');
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected an integer from ${min} to ${max}.`);
  };
}
