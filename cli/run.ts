/** `charm4ts run`: a program on the cores of this machine. */
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { CharmError } from '../core/base/errors.ts';
import { runJob } from '../launch/job.ts';
import type { JobOptions } from '../launch/job-options.ts';
import type { RankOptions } from '../launch/rank-program.ts';
import { formatReport } from '../launch/report.ts';
import { seedBalancerNamed, seedBalancerNames } from '../lb-strategies/seeds/index.ts';
import { addBalancingOptions, type BalancingFlags } from './balancing-flags.ts';
import { checkMessagesOption, type MessageCheckKind } from './check-messages.ts';

export interface RunFlags extends BalancingFlags {
  readonly pes?: number;
  readonly nodes?: number;
  readonly browsers?: number;
  readonly transport?: string;
  readonly nodeHost?: string;
  readonly nodeCommand?: string;
  readonly hosts?: string;
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly proxy?: string;
  readonly prefixOutput?: boolean;
  readonly seed?: number;
  readonly shuffle?: boolean;
  readonly checkMessages?: MessageCheckKind;
  readonly heapMb?: number;
  readonly spinMs?: number;
  readonly seedBalancer?: string;
  readonly trace?: string;
  readonly traceSummary?: boolean;
  readonly record?: string;
  readonly replay?: string;
  readonly live: boolean;
  readonly json?: boolean;
}

export function runCommand(): Command {
  return addRunOptions(
    new Command('run'),
    'a .ts, .mts, .js or .mjs file that exports its chare classes and a default main function',
  )
    .description('Run a program on worker threads, one PE each.')
    .addHelpText('after', examples)
    .action((program: string, args: string[], flags: RunFlags, self: Command) => run(program, args, flags, self));
}

/** What all commands take that run a program on this machine. */
export function addRunOptions(command: Command, program: string): Command {
  return addBalancingOptions(command)
    .argument('<program>', program)
    .argument('[args...]', "the program's own arguments (charm.args)")
    .option('-p, --pes <n>', `number of PEs (default: the cores, here ${availableParallelism()})`, integer(1, 256))
    .option('-n, --nodes <n>', 'node runtimes: processes with --pes PEs each (default: 1)', integer(1, 64))
    .option(
      '--transport <name>',
      'how nodes talk: unix (default), tcp, ws, udp, pipe, mpi (under mpirun), or a file of your own',
    )
    .option('--hosts <file>', 'start nodes by ssh on the machines that this file names: see docs/hosts.md')
    .option('--browsers <n>', 'nodes besides that are tabs of a browser: prints the address to open', integer(1, 63))
    .option('--node-host <address>', 'where node %n listens, such as 10.7.0.%n (default: 127.0.0.1); TLS is wise then')
    .option('--node-command <words>', 'what the process of node %n is started through: "ip netns exec host%n"')
    .option('--tls', 'nodes talk over TLS, with certificates made for this job (tcp and ws)')
    .option('--tls-ca <file>', 'with --tls-cert and --tls-key: over TLS with these PEM files instead')
    .option('--tls-cert <file>', 'certificate of the nodes')
    .option('--tls-key <file>', 'its key')
    .option('--proxy <url>', 'HTTP proxy between nodes, for ws (default: what HTTPS_PROXY and NO_PROXY say)')
    .option('--prefix-output', 'begin each line of output with its node')
    .option('--seed <n>', 'seed of charm.random() and of --shuffle', integer(0, Number.MAX_SAFE_INTEGER))
    .option('--shuffle', 'pick messages at random, as far as programs must bear it: finds hidden order assumptions')
    .addOption(checkMessagesOption())
    .option('--heap-mb <n>', 'heap limit per PE in MiB', integer(16, 1 << 20))
    .option('--seed-balancer <name>', `where new chares go: ${seedBalancerNames().join(', ')}`, knownSeedBalancer)
    .option('--trace <dir>', 'record what every PE does, for charm4ts projections <dir>')
    .option(
      '--trace-summary',
      'with --trace: only time per entry method and PE, for runs whose trace would be too large',
    )
    .option('--record <dir>', 'write down in which order PEs process messages')
    .option('--replay <dir>', 'repeat a recorded run, message by message')
    .option('--no-live', 'the job cannot be looked at by charm4ts top, ps and lb while it runs')
    .option('--spin-ms <ms>', 'how long an idle PE spins before it sleeps', milliseconds)
    .option('--json', 'print one JSON object, after what the program prints: exit code, seconds, error');
}

const examples = `
Examples:
  charm4ts run app.ts                  on all cores
  charm4ts run app.ts --pes 2 mesh.json    words after the program are its arguments
  charm4ts run app.ts --pes 2 mesh.json -- --verbose   so is all after --; options need that
  charm4ts run app.ts --shuffle --seed 7
  charm4ts run app.ts --nodes 2 --pes 4    two processes of four PEs each
  charm4ts run app.ts --browsers 1 --pes 2    two PEs here, two in a browser tab
  charm4ts run app.ts --nodes 2 --transport tcp --tls
  charm4ts run app.ts --hosts machines --pes 8    a node on each machine of the file, by ssh
  charm4ts run app.ts --check-messages freeze
  charm4ts run app.ts --trace sums --trace-summary    for hours; then charm4ts projections sums --summary
  charm4ts run app.ts +p4 +balancer RefineCommLB   as for charmrun: see docs/command-line.md
  charm4ts run app.ts --balancer RefineComm --lb-debug
  charm4ts run app.ts --balancer Greedy,./mine.ts     the first step by Greedy, all others by your own

Exit code: what the program passed to charm.exit; 1 after an error; 130 if interrupted; 141 if nobody reads the
output any more.`;

/** With `ranks` it is an MPI program. */
export async function run(
  program: string,
  args: string[],
  flags: RunFlags,
  self: Command,
  ranks?: RankOptions,
): Promise<void> {
  if (flags.traceSummary === true && flags.trace === undefined) self.error(`error: ${summaryWhere}`);
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  // The job sees to them while it runs; what comes behind its end can no longer be told to anyone.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  const { json, prefixOutput, tls, tlsCa, tlsCert, tlsKey, ...options } = flags;
  const started = performance.now();
  const { exitCode, error } = await outcome({
    program,
    args,
    ...options,
    ...(ranks === undefined ? {} : { ranks }),
    ...tlsOptions(flags, self),
    ...placesOf(flags),
    isPrefixed: prefixOutput === true,
    signal: interrupt.signal,
  });
  if (error !== undefined) process.stderr.write(`${formatReport(error)}\n`);
  if (flags.trace !== undefined && !isUnwritten(error)) {
    const [what, how] = flags.traceSummary === true ? ['summary', ' --summary'] : ['trace', ''];
    process.stderr.write(`${what} in ${flags.trace}; to look at it: charm4ts projections ${flags.trace}${how}\n`);
  }
  if (json === true) {
    const nodes = (flags.nodes ?? 1) + (flags.browsers ?? 0);
    const { pes = nodes > 1 ? 1 : availableParallelism() } = flags;
    const failure = error === undefined ? {} : { error: failureAsJson(error) };
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(`${JSON.stringify({ program, nodes, pes: nodes * pes, exitCode, seconds, ...failure })}\n`);
  }
  process.exitCode = exitCode;
}

function placesOf({
  nodes = 1,
  nodeHost: host = '127.0.0.1',
  nodeCommand: command = '',
}: RunFlags): Pick<JobOptions, 'places'> {
  const places = Array.from({ length: nodes }, (_, node) => {
    const words = command.split(/\s+/).filter((word) => word !== '');
    const here = (text: string): string => text.replaceAll('%n', String(node));
    return { host: here(host), command: words.map(here) };
  });
  return { places };
}

function tlsOptions({ tls, tlsCa: ca, tlsCert: cert, tlsKey: key }: RunFlags, self: Command): Pick<JobOptions, 'tls'> {
  if (ca !== undefined && cert !== undefined && key !== undefined) return { tls: { ca, cert, key } };
  if (ca !== undefined || cert !== undefined || key !== undefined)
    self.error('error: --tls-ca, --tls-cert and --tls-key belong together');
  return tls === true ? { tls } : {};
}

/** The trace itself could not be written. */
function isUnwritten(error: unknown): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === 'ERR_OUTPUT';
}

const summaryWhere = '--trace-summary says what to record; --trace <dir> must say where';

/** A job that could not even be begun ends like one that failed. */
async function outcome(options: JobOptions): Promise<{ readonly exitCode: number; readonly error: unknown }> {
  try {
    return await runJob(options);
  } catch (error) {
    return { exitCode: 1, error };
  }
}

/** For scripts: what to look up, where it happened, and the report as people see it. */
function failureAsJson(error: unknown): object {
  const report = formatReport(error);
  if (!(error instanceof CharmError)) return { message: report, report };
  const { code, message, place } = error;
  return { code, message, ...(place === undefined ? {} : { place }), report };
}

function knownSeedBalancer(text: string): string {
  if (seedBalancerNamed(text) !== undefined) return text;
  throw new InvalidArgumentError(`there are: ${seedBalancerNames().join(', ')}.`);
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected a number of milliseconds, 0 or more.');
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected an integer from ${min} to ${max}.`);
  };
}
