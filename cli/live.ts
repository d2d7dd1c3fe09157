/** `charm4ts top`, `ps` and `lb`: looking at running jobs, and changing their load balancing. */
import { Command, InvalidArgumentError } from 'commander';

interface TopFlags {
  readonly interval: number;
  readonly once?: boolean;
  readonly json?: boolean;
  readonly prometheus?: number;
  readonly otlp?: string;
}

export function topCommand(): Command {
  return new Command('top')
    .description('Watch a running job: PEs, messages, memory, the busiest elements, the last load-balancing step.')
    .argument('[job]', 'number of the process that was started (default: the only job that runs)', jobNumber)
    .option('--interval <s>', 'seconds between looks', seconds, 1)
    .option('--once', 'print one look and end; so it is when the output is no terminal')
    .option('--json', 'print one JSON object a look')
    .option('--prometheus <port>', 'serve the figures at http://127.0.0.1:PORT/metrics instead', port)
    .option('--otlp <url>', 'send the figures to an OpenTelemetry collector (OTLP over HTTP, JSON) instead')
    .addHelpText('after', topExamples)
    .action((job: number | undefined, flags: TopFlags) =>
      guarded(async () => (await import('./live/actions.ts')).top(job, flags)),
    );
}

const topExamples = `
Examples:
  charm4ts top                          the job that runs
  charm4ts top 4711 --interval 0.2
  charm4ts top --json | jq .busy        for scripts: one object a second
  charm4ts top --prometheus 9464        for Prometheus
  charm4ts projections --live           the same in the browser, over time
  charm4ts top --otlp http://127.0.0.1:4318/v1/metrics

Jobs can be looked at by the user who started them, on the machine where they run, unless they were started with
charm4ts run --no-live. Looking costs a PE a few microseconds; a job that nobody looks at pays nothing.

Exit code: 0, or 1 if there is no such job.`;

interface PsFlags {
  readonly all?: boolean;
  readonly json?: boolean;
}

export function psCommand(): Command {
  return new Command('ps')
    .description('List the collections and elements of a running job: where each is, and how busy.')
    .argument('[job]', 'number of the process that was started (default: the only job that runs)', jobNumber)
    .option('--all', 'all elements, not only the 40 busiest')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  charm4ts ps\n  charm4ts ps 4711 --all\n\nExit code: 0, or 1 if there is no such job.',
    )
    .action((job: number | undefined, flags: PsFlags) =>
      guarded(async () => (await import('./live/actions.ts')).ps(job, flags)),
    );
}

export function lbCommand(): Command {
  return new Command('lb')
    .description('Switch the load balancer of a running job.')
    .argument('[job]', 'number of the process that was started (default: the only job that runs)', jobNumber)
    .requiredOption('-s, --strategy <names>', 'comma-separated: the first is for the next step; or files with yours')
    .addHelpText(
      'after',
      '\nExamples:\n  charm4ts lb --strategy RefineComm\n  charm4ts lb 4711 --strategy ./mine.ts\n\nExit code: 0, or 1 if there is no such job or strategy.',
    )
    .action((job: number | undefined, { strategy }: { readonly strategy: string }) =>
      guarded(async () => (await import('./live/actions.ts')).lb(job, strategy.split(','))),
    );
}

async function guarded(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    console.error(`charm4ts: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

function jobNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected the number of a process.');
}

function seconds(text: string): number {
  const value = Number(text);
  if (value >= 0.05 && value <= 3600) return value;
  throw new InvalidArgumentError('expected seconds from 0.05 to 3600.');
}

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('expected a port from 0 to 65535.');
}
